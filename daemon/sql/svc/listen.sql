-- Caller: svc/wakeup.c, on the direct connection of listen_dsn.
-- Result: none
listen recurd_wake;
