-- Caller: job/remind.c, in plain batches while some users have a flood (job/crowd.h).
-- Like reminder_claim, in two parts: first reminders of others, as far as they are found, then the oldest,
-- whoever's: a share where there are others, else all of the batch.  See generate_claim_fair.
-- $1 at most so many   $2 due from here on   $3 kind: what waits as such is left to retries; null: nothing does
-- $4 ids of the users who have a flood (text[])   $5 others: due from here on   $6 at most so many others
-- $7 entries to be looked at   $8 at most so many of the oldest, where there are others
-- Returns, oldest first, what reminder_claim returns; then in each row the number of others, of entries that were looked
-- at, the instant of the last of them, or of the last other where there may be more, and whether there may be more of the
-- oldest.
-- Index: ix_tasks_pending_remind_at, pk_waiting.
-- Result: text text timestamptz tid int8 int8 timestamptz bool
with seen as materialized (
    select k.ctid as place, k.user_id::text as user_id, k.remind_at
      from {app}.tasks k
     where k.remind_at is not null and not k.is_complete
       and (k.reminded_at is null or k.remind_at > k.reminded_at)
       and k.remind_at >= $5 and k.remind_at <= recurd.now()
     order by k.remind_at
     limit $7
), others as materialized (
    select k.id, k.user_id, k.remind_at, k.ctid as place
      from seen s join {app}.tasks k on k.ctid = s.place
     where (s.user_id = any ($4::text[])) is not true
       and k.remind_at is not null and not k.is_complete
       and (k.reminded_at is null or k.remind_at > k.reminded_at)
       and k.remind_at >= $5 and k.remind_at <= recurd.now()
       and ($3::text is null or (select true from recurd.waiting w
             where w.kind = $3 and w.id = k.id and w.place = k.ctid) is null)
     limit $6
       for no key update of k skip locked
), room as materialized (
    select case when pg_catalog.count(*) = 0 then $1 else least($8, $1 - pg_catalog.count(*)) end as n from others
), rest as materialized (
    select k.id, k.user_id, k.remind_at, k.ctid as place
      from {app}.tasks k
     where k.remind_at is not null and not k.is_complete
       and (k.reminded_at is null or k.remind_at > k.reminded_at)
       and k.remind_at >= $2 and k.remind_at <= recurd.now()
       and ($3::text is null or (select true from recurd.waiting w
             where w.kind = $3 and w.id = k.id and w.place = k.ctid) is null)
       and k.ctid not in (select o.place from others o)
     order by k.remind_at
     limit (select n from room)
       for no key update of k skip locked
)
select d.id::text, d.user_id::text, d.remind_at, d.place,
       (select count(*) from others), (select count(*) from seen),
       case when (select count(*) from others) >= $6 then (select max(o.remind_at) from others o)
            else (select max(s.remind_at) from seen s) end,
       (select count(*) from rest) >= (select n from room)
  from (select * from others union all select * from rest) d
 order by d.remind_at;
