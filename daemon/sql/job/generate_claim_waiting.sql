-- Caller: job/generate.c, for what waits.
-- Like generate_claim_policed, for these templates, whether they have policies or not, as far as there is still something to be done about them.
-- $1 ids (text[])   $2 so many bytes of rules in all
-- $3 the kind of what waits: 'replan', their rule was edited; 'generate', they are due; 'policed', they are to be looked at
-- Index: pk_recurring_tasks, pk_policies, pk_preferences.
-- Result: {template columns} {user zone} {policy columns} tid int8 int8
with claimed as materialized (
    select {template columns},
           {user zone} as time_zone, {policy columns}, t.ctid as place
      from {app}.recurring_tasks t left join recurd.policies p on p.template_id = t.id
     where t.id = any ($1::text[]) and t.failed_at is null
       and case when $3 = 'replan' then t.replan_at is not null and (t.is_active or t.ended_at is not null)
                else t.is_active and coalesce(t.wake_at, t.next_due_at) <= recurd.now() end
     order by t.id
       for no key update of t skip locked
)
select *
  from (select c.*, pg_catalog.count(*) over () as locked,
               pg_catalog.sum(coalesce(pg_catalog.octet_length(rule), 0))
                   over (rows unbounded preceding) as through
          from claimed c) weighed
 where through - coalesce(pg_catalog.octet_length(rule), 0) < $2;
