-- recurctl remind --remove: a reminder less; no row: there is none such.
-- $1 text: its id.
-- Index: pk_reminders.
-- Result: text text timestamptz int8 bool timestamptz text text text
delete from recurd.reminders as r
where r.id = $1
returning r.id, r.task_id, r.remind_at, (extract(epoch from r.before) * 1000000)::bigint,
          coalesce(r.remind_at is not null and (r.reminded_at is null or r.remind_at > r.reminded_at), false),
          r.reminded_at, r.source, r.created_by, (select k.title::text from {app}.tasks as k where k.id = r.task_id)
