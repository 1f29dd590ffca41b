-- Caller: db/flight.c, first in every flight that is no batch; holds up to the flight's Sync.
-- $1 statement_timeout   $2 lock_timeout
select pg_catalog.set_config('statement_timeout', $1, true),
       pg_catalog.set_config('lock_timeout', $2, true);
