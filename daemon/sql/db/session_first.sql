-- Caller: db/fitness.c, after session_check passed, before session_begin.
-- The first worker that ever starts writes live_since.  A statement of its own: whoever comes second
-- waits for the first, and must then look with a new snapshot to see what he wrote.  One that lies ahead
-- was written under a clock that was wrong: until it, all reminders would count as history.  Where rows
-- were restored and this one was not, workers were here at the latest when the first event was written:
-- what has become due since is theirs.
-- Index: ix_notifications_created_at, ix_decisions_at.
-- Result: none
update recurd.settings
   set live_since = least(recurd.now(), (select min(n.created_at) from recurd.notifications n),
                          (select min(d.at) from recurd.decisions d))
 where (live_since is null or live_since > recurd.now()) and pg_catalog.isfinite(recurd.now());
