-- Caller: job/generate.c.
-- Locks due templates, oldest first, in the other form those that came due last, and returns their state.
-- NO KEY UPDATE, so that an application may still insert rows that refer to them.  Those that wait (recurd.waiting) are left to retries, until
-- the application edits them; those with policies to generate_claim_policed.
-- $1 at most so many
-- $2 so many bytes of rules in all, and the row that passes that: a batch of large ones must fit into memory.
-- $3 due from here on: nothing older was seen, and dead index entries below it cost time
-- $4 something waits: look for it
-- Returns behind the columns of a template its place, how many were locked (those beyond $2 are left for the
-- next batch), and the bytes of rules through the row.
-- Index: ix_recurring_tasks_due, pk_preferences, pk_waiting.
-- Result: {template columns} {user zone} tid int8 int8
with claimed as materialized (
    select {template columns},
           {user zone} as time_zone, t.ctid as place
      from {app}.recurring_tasks t
     where t.is_active and t.failed_at is null and t.wake_at is null
       and t.next_due_at >= $3 and t.next_due_at <= recurd.now()
       and t.id is not null
       and (not $4 or (select true from recurd.waiting w
             where w.kind = 'generate' and w.id = t.id and w.place = t.ctid) is null)
     order by t.next_due_at {other desc}
     limit $1
       for no key update of t skip locked
)
select *
  from (select c.*, pg_catalog.count(*) over () as locked,
               pg_catalog.sum(coalesce(pg_catalog.octet_length(rule), 0))
                   over (rows unbounded preceding) as through
          from claimed c) weighed
 where through - coalesce(pg_catalog.octet_length(rule), 0) < $2;
