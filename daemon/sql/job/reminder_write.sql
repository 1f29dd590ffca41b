-- Caller: job/remind.c, in careful batches: some of the reminders that were claimed.
-- $1 ids   $2 their places (tid[])   $3 remind_at   $4 kind of their notifications, null: none,
-- they are from before live_since
-- Returns how many were marked, and whether all of them were told of.
-- Handled to the end of their second, as in reminder_take.
-- Index: none, tasks are found by their place.
-- Result: int8 bool
with handled as (
    update {app}.tasks k set reminded_at = pg_catalog.date_trunc('second', s.remind_at) + interval '999999 us'
      from (select unnest($1::text[]) as id, unnest($2::tid[]) as place, unnest($3::timestamptz[]) as remind_at) s
     where k.ctid = s.place and k.id = s.id
    returning k.id, k.user_id, k.recurring_task_id, s.remind_at, k.reminded_at >= s.remind_at as so
), event as materialized (
    select e.*
      from (select {reminder key} as key, k.id, k.user_id, k.recurring_task_id, k.remind_at
              from handled k
             where $4::text is not null) e
    {other where not exists (select from recurd.notifications n where n.key = e.key)}
), told as (
    insert into recurd.notifications (key, kind, user_id, task_id, template_id, at)
    select key, $4::text, user_id, id, recurring_task_id, remind_at from event
    {other on conflict (key) do nothing}
    returning key
)
select (select count(*) from handled where so), (select count(*) from event) = (select count(*) filter (where t.key in (select e.key from event e)) from told t);
