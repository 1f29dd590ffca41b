-- Caller: job/batch.c, db/flight.c.
commit;
