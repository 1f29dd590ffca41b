-- Caller: job/generate.c.
-- Locks due templates, oldest first, and returns their state.  NO KEY UPDATE, so that an application
-- may still insert rows that refer to them.  Those that wait (recurd.waiting) are left to retries, until
-- the application edits them.
-- $1 at most so many
-- $2 largest rule in bytes: a larger one comes as null (checked before it is detoasted), null as JSON's
-- $3 so many bytes of rules in all, and the row that passes that: a batch of large ones must fit into memory.
-- $4 due from here on: nothing older was seen, and dead index entries below it cost time
-- Returns last how many were locked: those beyond $3 are left for the next batch.
-- Index: ix_recurring_tasks_due, pk_preferences, pk_waiting.
-- Result: text text text timestamptz timestamp text timestamptz timestamptz int8 timestamptz timestamptz
-- Result: timestamptz timestamptz timestamptz bool text tid int8
with claimed as materialized (
    select t.id::text as id, t.user_id::text as user_id,
           case when t.recurrence_rule is null then 'null'
                when pg_catalog.pg_column_size(t.recurrence_rule) <= $2
                then case when pg_catalog.octet_length(t.recurrence_rule::text) <= $2
                          then t.recurrence_rule::text end
           end as rule,
           t.next_due_at, t.starts_local, t.starts_zone, t.planned_due_at, t.made_through, t.used_count,
           t.replan_at, t.paused_at, t.resumed_at, t.ended_at, t.created_at, t.is_active,
           (select p.time_zone from recurd.preferences p where p.user_id = t.user_id) as time_zone,
           t.ctid as place
      from {app}.recurring_tasks t
     where t.is_active and t.failed_at is null
       and t.next_due_at >= $4 and t.next_due_at <= recurd.now()
       and (select true from recurd.waiting w
             where w.kind = 'generate' and w.id = t.id and w.place = t.ctid) is null
     order by t.next_due_at
     limit $1
       for no key update of t skip locked
)
select id, user_id, rule, next_due_at, starts_local, starts_zone, planned_due_at, made_through, used_count,
       replan_at, paused_at, resumed_at, ended_at, created_at, is_active, time_zone, place, locked
  from (select c.*, pg_catalog.count(*) over () as locked,
               coalesce(pg_catalog.octet_length(rule), 0) as size,
               pg_catalog.sum(coalesce(pg_catalog.octet_length(rule), 0))
                   over (rows unbounded preceding) as through
          from claimed c) weighed
 where through - size < $3;
