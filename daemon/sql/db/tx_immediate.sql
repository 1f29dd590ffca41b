-- Caller: job/writing.c, at the start of a careful batch: what is deferred to COMMIT could not be told row by row.
-- Result: none
set constraints all immediate;
