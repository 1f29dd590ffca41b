-- Caller: web/pool.c, before what reads: whatever it calls cannot write.
-- Result: text
select pg_catalog.set_config('transaction_read_only', 'on', true);
