-- recurctl calendar delete: templates whose rules go by a calendar, counted up to 1000.
-- $1 name
-- Index: none, which is a matter of once.
-- Result: int8
select count(*)
  from (select from recurring_tasks as t where t.recurrence_rule->>'calendar' = $1 limit 1001) as x
