-- Caller: job/remind.c, when fewer notifications were written than reminders marked.
-- $1 task ids   $2 remind_at
-- Returns a row if one is not there: it was dropped without an error.
-- Index: uq_notifications_key.
select r.id
  from unnest($1::text[], $2::timestamptz[]) as r (id, remind_at)
 where not exists (select from recurd.notifications n
                    where n.key = recurd.notification_key('reminder', r.id, r.remind_at))
 limit 1;
