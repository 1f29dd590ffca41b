-- Caller: work/batch.c, db/flight.c.
commit;
