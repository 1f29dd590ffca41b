-- Caller: job/retry.c: a group of those over which a session ended, least tried first.  Its tries are
-- counted before it is tried, because nobody can do so afterwards.
-- $1 kind   $2 cause   $3 the largest group; each try in vain halves it
-- Returns ids, and their tries so far.
-- Index: ix_waiting_tried_at.
-- Result: text int4
with least as materialized (
    select min(w.tries) as tries from recurd.waiting w where w.kind = $1 and w.cause = $2
), chosen as materialized (
    select w.id from recurd.waiting w, least
     where w.kind = $1 and w.cause = $2 and w.tries = least.tries
     order by w.tried_at
     limit greatest(1, $3::integer >> (select least(l.tries, 30) from least l))
       for update of w skip locked
)
update recurd.waiting w set tries = w.tries + 1, tried_at = recurd.now()
  from chosen c
 where w.kind = $1 and w.id = c.id
returning w.id, w.tries - 1;
