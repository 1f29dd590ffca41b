-- Caller: job/batch.c, db/flight.c.
-- Result: none
commit;
