-- Caller: job/remind.c: some of the reminders that were claimed.
-- $1 ids   $2 their places (tid[])   $3 remind_at   $4 keys of their notifications   $5 the keys of the newer
-- format, of events before keys_from, else empty   $6 kind of their notifications, null: none, they are from
-- before live_since
-- Returns how many were marked, and whether all of them were told of: a trigger, a rule or a policy of the
-- application's can drop a row, or undo what is written, without an error.  In the careful form, which
-- looks for what is there already, also, in a row each, what it met in place of its own: its task, and
-- key, kind, task and instant of what is there.  It meets its own event under its own key, and is silent; under
-- the newer one; or another event under its key.
-- Handled to the end of its second: applications that keep milliseconds, or round, write remind_at back with
-- other microseconds than they read, and that is no new reminder.
-- Index: none, tasks are found by their place; in the careful form the one of keys.
-- Result: int8 bool text text text text timestamptz
with handled as (
    update {app}.tasks k set reminded_at = pg_catalog.date_trunc('second', s.remind_at) + interval '999999 us'
      from (select unnest($1::text[]) as id, unnest($2::tid[]) as place, unnest($3::timestamptz[]) as remind_at,
                   unnest($4::text[]) as key, unnest($5::text[]) as newer) s
     where k.ctid = s.place and k.id = s.id
    returning k.id, k.user_id, k.recurring_task_id, s.remind_at, s.key, s.newer, k.reminded_at >= s.remind_at as so
), event as materialized (
    select k.key, k.id, k.user_id, k.recurring_task_id, k.remind_at
      from handled k
     where $6::text is not null
    {other and not exists (select from recurd.notifications n where n.key = k.key)}
    {other and not exists (select from recurd.notifications n where n.key = k.newer and n.kind = $6 and n.task_id = k.id and n.at = k.remind_at)}
), told as (
    insert into recurd.notifications (key, kind, user_id, task_id, template_id, at)
    select key, $6::text, user_id, id, recurring_task_id, remind_at from event
    {other on conflict (key) do nothing}
    returning key
)
select c.*, m.*
  from (select (select count(*) from handled where so),
               (select count(*) from event) = (select count(*) filter (where t.key in (select e.key from event e)) from told t)) c
  left join (select null::text as id, null::text as key, null::text as kind, null::text as task_id, null::timestamptz as at
              where false
    {other union all select k.id, n.key, n.kind, n.task_id, n.at from handled k join recurd.notifications n on n.key = any (array[k.key, k.newer])}
    {other where $6 is not null and (n.key is not distinct from k.newer) = ((n.kind, n.task_id, n.at) is not distinct from ($6, k.id, k.remind_at))}
            ) m on true;
