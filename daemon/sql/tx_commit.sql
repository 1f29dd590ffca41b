-- Caller: work/batch.c.
commit;
