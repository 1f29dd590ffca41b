-- Caller: work/generator.c.
-- Locks due templates, oldest first, and returns their state.  NO KEY UPDATE, so that an application
-- may still insert rows that refer to them.
-- $1 at most so many   $2 users to leave out (text[])   $3 this user's only (text, null: all)
-- $4 largest rule in bytes: a larger one comes as null (checked before it is detoasted), null as JSON's
-- $5 due from here on: nothing older was seen, and dead index entries below it cost time
-- Index: ix_recurring_tasks_due, pk_preferences.
select t.id::text, t.user_id::text,
       case when t.recurrence_rule is null then 'null'
            when pg_catalog.pg_column_size(t.recurrence_rule) <= $4
            then case when pg_catalog.octet_length(t.recurrence_rule::text) <= $4
                      then t.recurrence_rule::text end
       end,
       t.next_due_at, t.starts_local, t.starts_zone, t.planned_due_at, t.made_through, t.used_count,
       t.replan_at, t.paused_at, t.resumed_at, t.ended_at, t.created_at, t.is_active,
       (select p.time_zone from recurd.preferences p where p.user_id = t.user_id)
  from {app}.recurring_tasks t
 where t.is_active and t.failed_at is null
   and t.next_due_at >= $5 and t.next_due_at <= recurd.now()
   and t.user_id <> all ($2::text[])
   and ($3::text is null or t.user_id = $3::text)
 order by t.next_due_at
 limit $1
   for no key update skip locked;
