-- Caller: job/batch.c, after BEGIN; local to the transaction, so that a pooler's session is left as
-- it was.  Hash and merge joins are off because the planner would otherwise read all of a large table
-- to update a thousand rows of it by their ids; bitmap scans and sorts, because after a bulk load it
-- would rather collect and sort all that is due, batch after batch, than read the index in its order.
-- What remains is on, whatever the role's or a pooled session's setting.
-- $1 statement_timeout, $2 lock_timeout, $3 idle_in_transaction_session_timeout, $4 search_path
-- Returns the business time of the transaction.
-- Result: timestamptz text text text text text text text text text text text text text text
select recurd.now(),
       pg_catalog.set_config('statement_timeout', $1, true),
       pg_catalog.set_config('lock_timeout', $2, true),
       pg_catalog.set_config('idle_in_transaction_session_timeout', $3, true),
       pg_catalog.set_config('search_path', $4, true),
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
