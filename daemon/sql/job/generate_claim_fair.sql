-- Caller: job/generate.c, while some users have a flood (job/crowd.h).
-- Like generate_claim, in two parts: first templates of others, as far as they are found, then the oldest,
-- whoever's: a share where there are others, else all of the batch.
-- "seen" steps over the flood's entries, never more than $8; who is locked is chosen from it by their places, so that
-- nobody is locked in vain.
-- $1 at most so many   $2 so many bytes of rules in all, and the row that passes that   $3 due from here on
-- $4 something waits: look for it   $5 ids of the users who have a flood (text[])   $6 others: due from here on
-- $7 at most so many others   $8 entries to be looked at   $9 at most so many of the oldest, where there are others
-- Returns behind the columns of a template its place, how many were locked, the bytes of rules through the row, the
-- number of others (they come first), of entries that were looked at, the instant of the last of them, or of the last
-- other where there may be more, and whether there may be more of the oldest.
-- Index: ix_recurring_tasks_due, pk_preferences, pk_waiting.
-- Result: {template columns} {user zone} tid int8 int8 int8 int8 timestamptz bool
with seen as materialized (
    select t.ctid as place, t.user_id::text as user_id, t.next_due_at::timestamptz as next_due_at
      from {app}.recurring_tasks t
     where t.is_active and t.failed_at is null and t.wake_at is null
       and t.next_due_at >= $6 and t.next_due_at <= recurd.now()
       and t.id is not null
     order by t.next_due_at
     limit $8
), others as materialized (
    select {template columns},
           {user zone} as time_zone, t.ctid as place
      from seen s join {app}.recurring_tasks t on t.ctid = s.place
     where (s.user_id = any ($5::text[])) is not true
       and t.is_active and t.failed_at is null and t.wake_at is null
       and t.next_due_at >= $6 and t.next_due_at <= recurd.now()
       and (not $4 or (select true from recurd.waiting w
             where w.kind = 'generate' and w.id = t.id and w.place = t.ctid) is null)
     limit $7
       for no key update of t skip locked
), room as materialized (
    select case when pg_catalog.count(*) = 0 then $1 else least($9, $1 - pg_catalog.count(*)) end as n from others
), rest as materialized (
    select {template columns},
           {user zone} as time_zone, t.ctid as place
      from {app}.recurring_tasks t
     where t.is_active and t.failed_at is null and t.wake_at is null
       and t.next_due_at >= $3 and t.next_due_at <= recurd.now()
       and t.id is not null
       and (not $4 or (select true from recurd.waiting w
             where w.kind = 'generate' and w.id = t.id and w.place = t.ctid) is null)
       and t.ctid not in (select o.place from others o)
     order by t.next_due_at
     limit (select n from room)
       for no key update of t skip locked
), claimed as (
    select * from others union all select * from rest
)
select *
  from (select c.*, pg_catalog.count(*) over () as locked,
               pg_catalog.sum(coalesce(pg_catalog.octet_length(rule), 0))
                   over (rows unbounded preceding) as through,
               (select pg_catalog.count(*) from others) as others,
               (select pg_catalog.count(*) from seen) as stepped,
               case when (select pg_catalog.count(*) from others) >= $7 then (select pg_catalog.max(o.next_due_at) from others o)
                    else (select pg_catalog.max(s.next_due_at) from seen s) end as reached,
               (select pg_catalog.count(*) from rest) >= (select n from room) as plenty
          from claimed c) weighed
 where through - coalesce(pg_catalog.octet_length(rule), 0) < $2;
