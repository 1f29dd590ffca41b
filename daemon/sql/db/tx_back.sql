-- Caller: job/writing.c, after a refusal: the transaction goes on from before it.
rollback to savepoint attempt;
