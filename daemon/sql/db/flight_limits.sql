-- Caller: db/flight.c, first in flights that are no batch; holds up to their end.  As for batches
-- (tx_settings): no plan that reads a large table whole, and no compilation; what remains is on.
-- $1 statement_timeout, also of idleness before COMMIT   $2 lock_timeout   $3 search_path
-- Result: text text text text text text text text text text text text text text
select pg_catalog.set_config('statement_timeout', $1, true),
       pg_catalog.set_config('lock_timeout', $2, true),
       pg_catalog.set_config('idle_in_transaction_session_timeout', $1, true),
       pg_catalog.set_config('search_path', $3, true),
       pg_catalog.set_config('jit', 'off', true),
       pg_catalog.set_config('enable_nestloop', 'on', true),
       pg_catalog.set_config('enable_indexscan', 'on', true),
       pg_catalog.set_config('enable_indexonlyscan', 'on', true),
       pg_catalog.set_config('enable_tidscan', 'on', true),
       pg_catalog.set_config('enable_hashjoin', 'off', true),
       pg_catalog.set_config('enable_mergejoin', 'off', true),
       pg_catalog.set_config('enable_seqscan', 'off', true),
       pg_catalog.set_config('enable_bitmapscan', 'off', true),
       pg_catalog.set_config('enable_sort', 'off', true);
