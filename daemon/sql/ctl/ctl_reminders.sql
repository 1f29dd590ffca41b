-- recurctl remind, snooze and show: the reminders of a task, the one in its own row first, then by when they come.
-- $1 text: the task; $2 bigint: at most so many.
-- Index: the primary key, ix_reminders_task_id.
-- Result: text text timestamptz int8 bool timestamptz text text text
select r.id, k.id::text, r.remind_at, (extract(epoch from r.before) * 1000000)::bigint,
       coalesce(not k.is_complete and r.remind_at is not null and (r.reminded_at is null or r.remind_at > r.reminded_at), false),
       r.reminded_at, r.source, r.created_by, k.title::text
from {app}.tasks as k
cross join lateral (select null::text as id, k.remind_at, null::interval as before, k.reminded_at, 'task' as source, null::text as created_by
                    where k.remind_at is not null
                    union all
                    select m.id, m.remind_at, m.before, m.reminded_at, m.source, m.created_by
                    from recurd.reminders as m where m.task_id = k.id) as r
where k.id = $1
order by r.source = 'task' desc, r.remind_at, r.id
limit $2
