-- Caller: job/beat.c, at a clean stop.
-- With it go those of its name that it replaced: without it they would count as dead again.
-- $1 id
-- Index: none, a row a worker.
-- Result: none
delete from recurd.workers w
 using recurd.workers self
 where self.id = $1
   and (w.id = self.id
        or w.name = self.name and w.started_at < self.started_at
           and w.seen_at < recurd.now() - 3 * w.heartbeat);
