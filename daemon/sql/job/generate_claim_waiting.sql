-- Caller: job/generate.c, for what waits.
-- Like generate_claim, for these templates, as far as there is still something to be done about them.
-- $1 ids (text[])   $2 so many bytes of rules in all
-- $3 edited: their rule was, and next_due_at is to be computed anew; else they are due
-- Index: pk_recurring_tasks, pk_preferences.
-- Result: {template columns} {user zone} tid int8 int8
with claimed as materialized (
    select {template columns},
           {user zone} as time_zone, t.ctid as place
      from {app}.recurring_tasks t
     where t.id = any ($1::text[]) and t.failed_at is null
       and case when $3::boolean then t.replan_at is not null and (t.is_active or t.ended_at is not null)
                else t.is_active and t.next_due_at <= recurd.now() end
     order by t.id
       for no key update of t skip locked
)
select *
  from (select c.*, pg_catalog.count(*) over () as locked,
               pg_catalog.sum(coalesce(pg_catalog.octet_length(rule), 0))
                   over (rows unbounded preceding) as through
          from claimed c) weighed
 where through - coalesce(pg_catalog.octet_length(rule), 0) < $2;
