-- Caller: job/tally.c, now and then while something waits.
-- Counts the rows of each cause.  A cause without rows is over; rows without a cause, which a cause left
-- behind that was over at the same moment, get one.  Log lines are due when their number passes 10, 100, ...
-- Returns event, kind, cause, why, SQLSTATE, rows, reason, microseconds until the next try; last, how many
-- rows wait in all.
-- Index: none, causes are few, and all rows that wait are counted.
-- Result: text text text text text int8 text int8
with counted as materialized (
    select w.kind, w.cause, count(*) as n, min(w.reason) as reason from recurd.waiting w group by w.kind, w.cause
), adopted as (
    insert into recurd.causes (kind, cause, why, reason, next_try_at)
    select n.kind, n.cause, case when n.cause = 'held' then 'held' when n.cause like 'killing%' then 'killing' else 'refused' end, n.reason,
           recurd.now()
      from counted n
     where not exists (select from recurd.causes c where c.kind = n.kind and c.cause = n.cause)
    on conflict (kind, cause) do nothing
), free as materialized (
    select c.kind, c.cause, coalesce((select n.n from counted n where n.kind = c.kind and n.cause = c.cause), 0) as n
      from recurd.causes c
       for update of c skip locked
), over as (
    delete from recurd.causes c using free f
     where c.kind = f.kind and c.cause = f.cause and f.n = 0
    returning c.kind, c.cause, c.why, c.sqlstate, c.told, c.reason
), told as (
    update recurd.causes c set told = f.n
      from free f
     where c.kind = f.kind and c.cause = f.cause and f.n >= 10 and f.n >= 10 * c.told
    returning c.kind, c.cause, c.why, c.sqlstate, f.n, c.reason, c.next_try_at
)
select 'mended', o.kind, o.cause, o.why, o.sqlstate, o.told, o.reason, 0::bigint from over o
union all
select 'cause', t.kind, t.cause, t.why, t.sqlstate, t.n, t.reason,
       greatest(0, extract(epoch from t.next_try_at - recurd.now()) * 1000000)::bigint
  from told t
union all
select 'left', '', '', '', '', (select coalesce(sum(n.n), 0)::bigint from counted n), '', 0::bigint;
