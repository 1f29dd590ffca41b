-- Caller: job/writing.c, after a refusal: the transaction goes on from before it.
-- Result: none
rollback to savepoint attempt;
