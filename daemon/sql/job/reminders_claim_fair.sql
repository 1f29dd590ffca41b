-- Caller: job/remind.c, in plain batches while some users have a flood (job/crowd.h).
-- Like reminders_claim, in two parts, as reminder_claim_fair is of tasks.
-- $1 at most so many   $2 due from here on   $3 kind: what waits as such is left to retries; null: nothing does
-- $4 ids of the users who have a flood (text[])   $5 others: due from here on   $6 at most so many others
-- $7 entries to be looked at   $8 at most so many of the oldest, where there are others
-- Returns, oldest first, what reminders_claim returns; then in each row what reminder_claim_fair adds.
-- Index: ix_reminders_pending, pk_waiting, tasks_pkey.
-- Result: {reminders columns} int8 int8 timestamptz bool
with first as materialized (
    select r.ctid as place, r.task_id, r.remind_at
      from recurd.reminders r
     where r.remind_at is not null and (r.reminded_at is null or r.remind_at > r.reminded_at)
       and r.remind_at >= $5 and r.remind_at <= recurd.now()
     order by r.remind_at
     limit $7
), seen as materialized (
    select f.place, f.remind_at, (select k.user_id::text from {app}.tasks k where k.id = f.task_id) as user_id
      from first f
), others as materialized (
    select r.id, r.task_id, r.remind_at, r.ctid as place
      from seen s join recurd.reminders r on r.ctid = s.place
     where (s.user_id = any ($4::text[])) is not true
       and r.remind_at is not null and (r.reminded_at is null or r.remind_at > r.reminded_at)
       and r.remind_at >= $5 and r.remind_at <= recurd.now()
       and ($3::text is null or (select true from recurd.waiting w
             where w.kind = $3 and w.id = r.id and w.place = r.ctid) is null)
     limit $6
       for no key update of r skip locked
), room as materialized (
    select case when pg_catalog.count(*) = 0 then $1 else least($8, $1 - pg_catalog.count(*)) end as n from others
), rest as materialized (
    select r.id, r.task_id, r.remind_at, r.ctid as place
      from recurd.reminders r
     where r.remind_at is not null and (r.reminded_at is null or r.remind_at > r.reminded_at)
       and r.remind_at >= $2 and r.remind_at <= recurd.now()
       and ($3::text is null or (select true from recurd.waiting w
             where w.kind = $3 and w.id = r.id and w.place = r.ctid) is null)
       and r.ctid not in (select o.place from others o)
     order by r.remind_at
     limit (select n from room)
       for no key update of r skip locked
)
select {reminders columns},
       (select count(*) from others), (select count(*) from seen),
       case when (select count(*) from others) >= $6 then (select max(o.remind_at) from others o)
            else (select max(s.remind_at) from seen s) end,
       (select count(*) from rest) >= (select n from room)
  from (select * from others union all select * from rest) d
  {reminders task}
 order by d.remind_at;
