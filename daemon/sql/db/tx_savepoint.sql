-- Caller: job/writing.c, before what may be refused, in a careful batch.
-- Result: none
savepoint attempt;
