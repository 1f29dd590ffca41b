-- Caller: job/batch.c and db/flight.c, first statement of every transaction.
-- Explicit, because the role's or the database's defaults may be repeatable read or read only: then
-- claims fail with 40001, or nothing can be written.
-- Result: none
begin isolation level read committed read write;
