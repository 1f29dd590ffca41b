-- Caller: svc/wakeup.c, on the direct connection of listen_dsn.
listen recurd_wake;
