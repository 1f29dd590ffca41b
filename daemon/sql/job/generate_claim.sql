-- Caller: job/generator.c.
-- Locks due templates, oldest first, and returns their state.  NO KEY UPDATE, so that an application
-- may still insert rows that refer to them.
-- $1 at most so many   $2 users to leave out (text[])   $3 this user's only (text, null: all)
-- $4 due from here on: nothing older was seen, and dead index entries below it cost time
-- $5 so many bytes of rules in all, and the row that passes that: a batch of large ones must fit into memory.
-- Returns behind the columns of a template its place, how many were locked (those beyond $5 are left for the
-- next batch), and the bytes of rules through the row.
-- Index: ix_recurring_tasks_due, pk_preferences.
with claimed as materialized (
    select {template columns},
           {user zone} as time_zone, t.ctid as place
      from {app}.recurring_tasks t
     where t.is_active and t.failed_at is null
       and t.next_due_at >= $4 and t.next_due_at <= recurd.now()
       and t.id is not null and t.user_id <> all ($2::text[])
       and ($3::text is null or t.user_id = $3::text)
     order by t.next_due_at
     limit $1
       for no key update skip locked
)
select *
  from (select c.*, pg_catalog.count(*) over () as locked,
               pg_catalog.sum(coalesce(pg_catalog.octet_length(rule), 0))
                   over (rows unbounded preceding) as through
          from claimed c) weighed
 where through - coalesce(pg_catalog.octet_length(rule), 0) < $5;
