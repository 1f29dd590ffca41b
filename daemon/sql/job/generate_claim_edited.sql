-- Caller: job/generate.c.
-- Like generate_claim, for templates whose rule was edited: their next_due_at is computed anew.
-- $1 at most so many
-- $2 so many bytes of rules in all, and the row that passes that: a batch of large ones must fit into memory.
-- $3 something waits: look for it
-- Returns what generate_claim_policed does.
-- Index: ix_recurring_tasks_replan, pk_policies, pk_preferences, pk_waiting.
-- Result: {template columns} {user zone} {policy columns} tid int8 int8
with claimed as materialized (
    select {template columns},
           {user zone} as time_zone, {policy columns}, t.ctid as place
      from {app}.recurring_tasks t left join recurd.policies p on p.template_id = t.id
     where t.replan_at is not null and t.failed_at is null
       and (t.is_active or t.ended_at is not null)
       and t.id is not null
       and (not $3 or (select true from recurd.waiting w
             where w.kind = 'replan' and w.id = t.id and w.place = t.ctid) is null)
     order by t.replan_at {other desc}
     limit $1
       for no key update of t skip locked
)
select *
  from (select c.*, pg_catalog.count(*) over () as locked,
               pg_catalog.sum(coalesce(pg_catalog.octet_length(rule), 0))
                   over (rows unbounded preceding) as through
          from claimed c) weighed
 where through - coalesce(pg_catalog.octet_length(rule), 0) < $2;
