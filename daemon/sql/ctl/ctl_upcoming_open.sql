-- recurctl upcoming: opens the cursor over what comes next, over templates and reminders.
-- $1 text: only this user's, null: all; $2 timestamptz: nothing later, null: no bound; $3 bigint: rows,
-- null: all; $4 bigint: nothing later than so many microseconds from now, null: no bound.
-- What policies have come later (wake_at) is not overdue before that; where there are some, both instants are told.
-- As recurd.upcoming has it, with the rows of recurd.reminders, and but for the limit of each half, without which
-- the planner may sort one of them whole.
-- With a user the conditions are written so that only his index is in the order, or the planner may pass everybody's
-- to find the few of one.
-- Rows of recurd.reminders know nothing of users: one's are looked for by his open tasks, nobody else's are passed over.
-- Index: ix_recurring_tasks_due, ix_tasks_pending_remind_at, ix_reminders_pending and the primary key; with a user
-- ix_recurring_tasks_user_id_next_due_at, ix_tasks_user_id_pending_remind_at and ix_reminders_task_id.
-- Result: cursor timestamptz text text text text bool timestamptz text text
declare ctl_rows no scroll cursor for
select u.at, u.kind, u.user_id, u.template_id, u.task_id,
       greatest(u.at, u.wake_at) <= recurd.now(), u.wake_at, u.priority, u.title
from ((select t.next_due_at as at, 'occurrence'::text as kind, t.user_id::text as user_id, t.id::text as template_id,
              null::text as task_id, t.title::text as title, t.priority::text as priority, t.wake_at
       from {app}.recurring_tasks as t
       where case when $1::text is null then t.is_active and t.failed_at is null else (t.is_active and t.failed_at is null)::integer = 1 end
             and t.next_due_at < 'infinity'
             and ($1::text is null or t.user_id = $1)
             and ($2::timestamptz is null or t.next_due_at <= $2)
             and ($4::bigint is null or t.next_due_at <= recurd.now() + $4 * interval '1 microsecond')
       order by t.next_due_at
       limit $3)
      union all
      (select k.remind_at, 'reminder'::text, k.user_id::text, k.recurring_task_id::text, k.id::text, k.title::text,
              k.priority::text, null::timestamptz
       from {app}.tasks as k
       where k.remind_at is not null and not k.is_complete and (k.reminded_at is null or k.remind_at > k.reminded_at)
             and k.remind_at > '-infinity' and k.remind_at < 'infinity'
             and $1::text is null
             and ($2::timestamptz is null or k.remind_at <= $2)
             and ($4::bigint is null or k.remind_at <= recurd.now() + $4 * interval '1 microsecond')
       order by k.remind_at
       limit $3)
      union all
      (select k.remind_at, 'reminder'::text, k.user_id::text, k.recurring_task_id::text, k.id::text, k.title::text,
              k.priority::text, null::timestamptz
       from {app}.tasks as k
       where k.remind_at is not null and not k.is_complete and (k.reminded_at is null or k.remind_at > k.reminded_at)
             and k.remind_at > '-infinity' and k.remind_at < 'infinity'
             and k.user_id between $1 and $1
             and ($2::timestamptz is null or k.remind_at <= $2)
             and ($4::bigint is null or k.remind_at <= recurd.now() + $4 * interval '1 microsecond')
       order by k.user_id, k.remind_at
       limit $3)
      union all
      (select r.remind_at, 'reminder'::text, k.user_id, k.template_id, k.task_id, k.title, k.priority, null::timestamptz
       from recurd.reminders as r
       cross join lateral (select m.user_id::text, m.recurring_task_id::text as template_id, m.id::text as task_id,
                                  m.title::text, m.priority::text
                           from {app}.tasks as m
                           where m.id = r.task_id and not m.is_complete
                           offset 0) as k
       where r.remind_at is not null and (r.reminded_at is null or r.remind_at > r.reminded_at)
             and $1::text is null
             and ($2::timestamptz is null or r.remind_at <= $2)
             and ($4::bigint is null or r.remind_at <= recurd.now() + $4 * interval '1 microsecond')
       order by r.remind_at
       limit $3)
      union all
      (select r.remind_at, 'reminder'::text, k.user_id::text, k.recurring_task_id::text, k.id::text, k.title::text,
              k.priority::text, null::timestamptz
       from {app}.tasks as k
       cross join lateral (select m.remind_at from recurd.reminders as m
                           where m.task_id = k.id and m.remind_at is not null
                                 and (m.reminded_at is null or m.remind_at > m.reminded_at)
                           offset 0) as r
       where k.user_id = $1 and not k.is_complete
             and ($2::timestamptz is null or r.remind_at <= $2)
             and ($4::bigint is null or r.remind_at <= recurd.now() + $4 * interval '1 microsecond')
       order by r.remind_at
       limit $3)) as u
order by u.at
limit $3
