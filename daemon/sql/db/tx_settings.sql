-- Caller: job/batch.c, after BEGIN.
-- $1 statement_timeout   $2 lock_timeout   $3 of idleness   $4 search_path
-- $5 plan_cache_mode
-- Returns the business time of the transaction.
-- Result: timestamptz {batch settings}
select recurd.now(), {batch settings};
