-- Caller: svc/heartbeat.c, at a clean stop.
-- $1 id
delete from recurd.workers where id = $1;
