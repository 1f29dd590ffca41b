-- Caller: db/flight.c, first in flights that are no batch; holds up to their end.  Without the clock, which
-- is not there on every database that we look at.
-- $1 statement_timeout   $2 lock_timeout   $3 of idleness before COMMIT   $4 search_path
-- $5 plan_cache_mode
-- Result: {batch settings}
select {batch settings};
