-- Caller: job/batch.c, in a transaction of its own after COMMIT: a full queue must undo nothing.
-- $1 payload, below 8,000 bytes
-- Durable it need not be: a hint after a crash would find nobody listening, and a flush of the log, or
-- a synchronous standby, is worth no wait.
-- A queue that was full once stays so when nobody holds it up any more: no refused NOTIFY looks for its
-- end, pg_notification_queue_usage does.
-- Result: text float8 void
select pg_catalog.set_config('synchronous_commit', 'off', true), pg_catalog.pg_notification_queue_usage(),
       pg_catalog.pg_notify('recurd', $1);
