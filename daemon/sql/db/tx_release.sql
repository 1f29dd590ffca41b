-- Caller: job/writing.c, after what was not refused.
release savepoint attempt;
