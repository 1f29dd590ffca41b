-- Caller: job/batch.c, after what a batch writes, before COMMIT.
-- The oldest migration that a binary must know.  One may have come since the session began, or while the
-- statement before waited for its locks; now that we hold locks on all tables none can.
-- Result: int4
select coalesce((select s.compatible_from from recurd.settings s), 0);
