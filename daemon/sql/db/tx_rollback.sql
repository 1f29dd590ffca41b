-- Caller: job/batch.c, after any failure; gives a pooler its server back.
-- Result: none
rollback;
