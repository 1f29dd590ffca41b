-- Caller: job/retry.c: a group of those over which a session ended.  The one that has been narrowed down
-- farthest comes first, so that its innocent rows do not wait for other groups; proven ones, after $4 tries,
-- come last.  The tries are counted before it is tried, because nobody can do so afterwards.
-- $1 kind   $2 cause   $3 the largest group; each try in vain halves it   $4 tries that prove it
-- Returns ids, and their tries so far.
-- Index: ix_waiting_tried_at.
-- Result: text int4
with next as materialized (
    select w.tries from recurd.waiting w where w.kind = $1 and w.cause = $2
     order by w.tries >= $4::integer, case when w.tries < $4::integer then -w.tries end, w.tried_at
     limit 1
), chosen as materialized (
    select w.id from recurd.waiting w, next
     where w.kind = $1 and w.cause = $2 and w.tries = next.tries
     order by w.tried_at
     limit greatest(1, $3::integer >> (select least(n.tries, 30) from next n))
       for update of w skip locked
)
update recurd.waiting w set tries = w.tries + 1, tried_at = recurd.now()
  from chosen c
 where w.kind = $1 and w.id = c.id
returning w.id, w.tries - 1;
