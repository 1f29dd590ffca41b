-- recurctl list --reminders: opens the cursor over reminders that are to come.
-- $1 text: only this user's, null: all; $2 bigint: rows, null: all.
-- Those of one user are looked for by his tasks: nobody else's are passed over.
-- Index: ix_tasks_pending_remind_at, ix_reminders_pending, the primary key; with a user
-- ix_tasks_user_id_pending_remind_at and ix_reminders_task_id.
-- Result: cursor text text text timestamptz int8 bool text text text
declare ctl_rows no scroll cursor for
select u.id, u.task_id, u.user_id, u.remind_at, (extract(epoch from u.before) * 1000000)::bigint,
       u.remind_at <= recurd.now(), u.source, u.created_by, u.title
from ((select null::text as id, k.id::text as task_id, k.user_id::text as user_id, k.remind_at, null::interval as before,
              'task' as source, null::text as created_by, k.title::text as title
       from {app}.tasks as k
       where k.remind_at is not null and not k.is_complete and (k.reminded_at is null or k.remind_at > k.reminded_at)
             and $1::text is null
       order by k.remind_at
       limit $2)
      union all
      (select null, k.id::text, k.user_id::text, k.remind_at, null, 'task', null, k.title::text
       from {app}.tasks as k
       where k.remind_at is not null and not k.is_complete and (k.reminded_at is null or k.remind_at > k.reminded_at)
             and k.user_id between $1 and $1
       order by k.user_id, k.remind_at
       limit $2)
      union all
      (select r.id, k.id::text, k.user_id::text, r.remind_at, r.before, r.source, r.created_by, k.title::text
       from recurd.reminders as r
       join {app}.tasks as k on k.id = r.task_id
       where r.remind_at is not null and (r.reminded_at is null or r.remind_at > r.reminded_at)
             and not k.is_complete and $1::text is null
       order by r.remind_at
       limit $2)
      union all
      (select r.id, k.id::text, k.user_id::text, r.remind_at, r.before, r.source, r.created_by, k.title::text
       from {app}.tasks as k
       cross join lateral (select m.* from recurd.reminders as m
                           where m.task_id = k.id and m.remind_at is not null
                                 and (m.reminded_at is null or m.remind_at > m.reminded_at)
                           offset 0) as r
       where k.user_id = $1 and not k.is_complete
       order by r.remind_at
       limit $2)) as u
order by u.remind_at, u.task_id, u.id
limit $2
