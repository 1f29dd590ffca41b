-- recurctl calendar delete: templates whose rules or policies go by a calendar, counted up to 1000.
-- $1 name
-- Index: none, which is a matter of once.
-- Result: int8
select count(*)
  from (select from recurring_tasks as t
         where t.recurrence_rule->>'calendar' = $1
            or exists (select from recurd.policies as p where p.template_id = t.id and p.calendar = $1 and p.shift <> 'none')
         limit 1001) as x
