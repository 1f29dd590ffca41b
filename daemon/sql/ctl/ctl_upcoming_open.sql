-- recurctl upcoming: opens the cursor over what comes next, over templates and reminders.
-- $1 text: only this user's, null: all; $2 timestamptz: nothing later, null: no bound; $3 bigint: rows,
-- null: all; $4 bigint: nothing later than so many microseconds from now, null: no bound.
-- Index: ix_recurring_tasks_due and ix_tasks_pending_remind_at, merged.
-- Result: cursor timestamptz text text text text bool text text
declare ctl_rows no scroll cursor for
select u.at, u.kind, u.user_id, u.template_id, u.task_id, u.at <= recurd.now(),
       u.priority, u.title
from recurd.upcoming as u
where ($1::text is null or u.user_id = $1)
      and ($2::timestamptz is null or u.at <= $2)
      and ($4::bigint is null or u.at <= recurd.now() + $4 * interval '1 microsecond')
order by u.at
limit $3
