-- Caller: job/writing.c, after what was not refused.
-- Result: none
release savepoint attempt;
