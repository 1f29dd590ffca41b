-- Caller: work/batch.c, in a transaction of its own after COMMIT: a full queue must undo nothing.
-- $1 payload, below 8,000 bytes
select pg_catalog.pg_notify('recurd', $1);
