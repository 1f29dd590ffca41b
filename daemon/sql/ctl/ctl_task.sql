-- recurctl show: one task.
-- $1 text: its id.
-- Index: the primary key, ux_tasks_repeat_of, pk_repeats.
-- Result: text text text text text bool timestamptz timestamp|timestamptz timestamp|timestamptz text
-- Result: timestamptz timestamptz timestamptz bool text timestamptz text text timestamptz text timestamptz
select k.id::text, k.user_id::text, k.title::text, k.description::text, k.priority::text, k.is_complete,
       k.due_date, k.created_at, k.updated_at, k.recurring_task_id::text, k.occurrence_at,
       k.remind_at, k.reminded_at,
       coalesce(k.remind_at is not null and not k.is_complete
                and (k.reminded_at is null or k.remind_at > k.reminded_at), false),
       k.recurrence_rule::text, k.completed_at, k.repeat_of::text,
       (select s.id::text from {app}.tasks as s where s.repeat_of = k.id), r.failed_at, r.failure,
       case when k.repeat_of is not null then coalesce(r.planned_due_at, k.due_date) end
from {app}.tasks as k
left join recurd.repeats as r on r.task_id = k.id
where k.id = $1
