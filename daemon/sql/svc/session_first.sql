-- Caller: db/fitness.c, after session_check passed, before session_begin.
-- The first worker that ever starts writes live_since.  A statement of its own: whoever comes second
-- waits for the first, and must then look with a new snapshot to see what he wrote.  One that lies ahead
-- was written under a clock that was wrong: until it, all reminders would count as history.
update recurd.settings set live_since = recurd.now()
 where (live_since is null or live_since > recurd.now()) and pg_catalog.isfinite(recurd.now());
