-- Caller: job/batch.c, after what a batch writes, before COMMIT.
-- The oldest migration that a binary must know.  One may have come since the session began, or while the
-- statement before waited for its locks; now that we hold locks on all tables none can.  The version of the
-- settings, which must be the one that the batch was planned by.  And live_since: where the schema was taken away
-- and made anew under us, what we remember is of the old one.  And where keys begin with time, which must be as it was
-- when ours were made: who changes it locks recurd.notifications first.
-- Result: int4 int8 timestamptz timestamptz
select coalesce((select r.compatible_from from recurd.settings r), 0),
       (select {settings version} from recurd.settings r), (select r.live_since from recurd.settings r), recurd.keys_from();
