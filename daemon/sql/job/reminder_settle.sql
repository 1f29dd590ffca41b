-- Caller: job/remind.c, after a worker's start and with each heartbeat, until it returns 0.
-- Reminders whose instant lies before the first worker ever started are not ours to tell: they are
-- marked handled without a word.  Not while the clock stands before live_since: one of them is wrong.
-- $1 at most so many   $2 live_since
-- Returns how many there were, and how many were marked.
-- Handled to the end of their second, as in reminder_write.
-- Index: ix_tasks_pending_remind_at, tasks_pkey, pk_waiting.
-- Result: int8 int8
with old as materialized (
    select k.id, k.remind_at
      from {app}.tasks k
     where k.remind_at is not null and not k.is_complete
       and (k.reminded_at is null or k.remind_at > k.reminded_at)
       and k.remind_at < $2 and $2 <= recurd.now()
       and (select true from recurd.waiting w
             where w.kind = 'settle' and w.id = k.id and w.place = k.ctid) is null
     order by k.remind_at
     limit $1
       for no key update of k skip locked
), handled as (
    update {app}.tasks k set reminded_at = pg_catalog.date_trunc('second', old.remind_at) + interval '999999 us'
      from old where k.id = old.id
    returning k.reminded_at >= old.remind_at as so
)
select (select count(*) from old), (select count(*) from handled where so);
