-- Caller: job/waiting.c, at the end of a careful batch: rows that could not be written.
-- $1 kind   $2 ids   $3 users   $4 causes   $5 why   $6 SQLSTATEs   $7 reasons   $8 instants   $9 places (tid[])
-- $10 the first pause, in microseconds, of each row's cause where that is new
-- A cause that is known keeps its next try, and is not locked: whoever retries it holds it.  But for suspects:
-- the innocent among them need not wait for old ones.
-- Returns how many rows were recorded: a trigger can drop them without an error.
-- Index: pk_waiting, pk_causes.
-- Result: int8
with bad as materialized (
    select distinct on (b.id) * from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::timestamptz[],
                         $9::tid[], $10::bigint[])
               as b (id, user_id, cause, why, sqlstate, reason, at, place, pause)
     order by b.id
), sooner as (
    update recurd.causes c
       set next_try_at = least(c.next_try_at, recurd.now() + b.pause * interval '1 microsecond'), tries = 1
      from (select distinct on (cause) cause, pause from bad where why = 'killing' order by cause) b
     where c.kind = $1 and c.cause = b.cause
), known as (
    insert into recurd.causes (kind, cause, why, sqlstate, reason, next_try_at)
    select distinct on (b.cause) $1::text, b.cause, b.why, b.sqlstate, b.reason,
           recurd.now() + b.pause * interval '1 microsecond'
      from bad b
     order by b.cause
    on conflict (kind, cause) do nothing
), noted as (
    insert into recurd.waiting as w (kind, id, user_id, cause, reason, at, place)
    select $1::text, b.id, b.user_id, b.cause, b.reason, b.at, b.place from bad b order by b.id
        on conflict (kind, id) do update
       set cause = excluded.cause, reason = excluded.reason, at = excluded.at, place = excluded.place,
           user_id = excluded.user_id, tried_at = recurd.now(),
           tries = case when w.cause = excluded.cause then w.tries + 1 else 1 end
    returning 1
)
select count(*) from noted;
