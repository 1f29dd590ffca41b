-- Caller: job/retry.c.
-- The cause of a kind whose next try has come; nobody else tries it at the same time.
-- $1 kind
-- A next try that is farther off than any pause was written under a clock that was wrong.
-- Returns cause, why, tries in vain, where a pass over its rows goes on, and how many rows there are, up
-- to some thousand.
-- Index: pk_causes, ix_waiting_tried_at.
-- Result: text text int4 text int8
select c.cause, c.why, c.tries, c.after,
       (select count(*) from (select 1 from recurd.waiting w where w.kind = c.kind and w.cause = c.cause
                               limit 4096) as x)
  from recurd.causes c
 where c.kind = $1
   and (c.next_try_at <= recurd.now() or c.next_try_at > recurd.now() + interval '15 minutes')
 order by c.next_try_at
 limit 1
   for update of c skip locked;
