-- Caller: job/remind.c: some of the rows of recurd.reminders that were claimed.
-- $1 ids   $2 their places (tid[])   $3 remind_at   $4 keys of their notifications   $5 the keys of the newer
-- format, of events before keys_from, else empty   $6 kind of their notifications   $7 whether each is told (bool[]):
-- not those of tasks that are complete, nor those from before live_since
-- Returns what reminder_write returns, and in the careful form what was met, with the id of the reminder in place of
-- that of the task; the same rules hold.
-- Index: none, reminders are found by their place, and few tasks by tasks_pkey; in the careful form the one of keys.
-- Result: int8 bool text text text text timestamptz
with handled as (
    update recurd.reminders r set reminded_at = pg_catalog.date_trunc('second', s.remind_at) + interval '999999 us'
      from (select unnest($1::text[]) as id, unnest($2::tid[]) as place, unnest($3::timestamptz[]) as remind_at,
                   unnest($4::text[]) as key, unnest($5::text[]) as newer, unnest($7::bool[]) as told) s
     where r.ctid = s.place and r.id = s.id
    returning r.id, r.task_id, s.remind_at, s.key, s.newer, s.told, r.reminded_at >= s.remind_at as so
), event as materialized (
    select r.key, r.id, r.task_id, k.user_id, k.recurring_task_id, r.remind_at
      from handled r
      join lateral (select t.user_id, t.recurring_task_id from {app}.tasks t where t.id = r.task_id) k on true
     where r.told
    {other and not exists (select from recurd.notifications n where n.key = r.key)}
    {other and not exists (select from recurd.notifications n where n.key = r.newer and n.kind = $6 and n.reminder_id = r.id and n.task_id = r.task_id and n.at = r.remind_at)}
), told as (
    insert into recurd.notifications (key, kind, user_id, task_id, template_id, at, reminder_id)
    select key, $6::text, user_id, task_id, recurring_task_id, remind_at, id from event
    {other on conflict (key) do nothing}
    returning key
)
select c.*, m.*
  from (select (select count(*) from handled where so),
               (select count(*) from event) = (select count(*) filter (where t.key in (select e.key from event e)) from told t)) c
  left join (select null::text as id, null::text as key, null::text as kind, null::text as task_id, null::timestamptz as at
              where false
    {other union all select r.id, n.key, n.kind, n.task_id, n.at from handled r join recurd.notifications n on n.key = any (array[r.key, r.newer])}
    {other where r.told and (n.key is not distinct from r.newer) = ((n.kind, n.reminder_id, n.task_id, n.at) is not distinct from ($6, r.id, r.task_id, r.remind_at))}
            ) m on true;
