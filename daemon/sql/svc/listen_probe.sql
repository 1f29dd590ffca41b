-- Caller: svc/wakeup.c, after LISTEN, from a session of its own: does what is sent arrive?
-- $1 payload
-- Result: void
select pg_catalog.pg_notify('recurd_wake', $1);
