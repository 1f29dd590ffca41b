-- Caller: job/zones.c, at start and when zone files have changed.
-- The zones that templates were computed in, with the digest of the data they were computed under.
-- Index: none, the table is small.
-- Result: text int8
select name, digest from recurd.zones order by name;
