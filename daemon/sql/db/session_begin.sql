-- Caller: db/fitness.c, in one flight after session_first.
-- Returns business time, live_since, compatible_from.
-- Result: timestamptz timestamptz int4
select recurd.now(), live_since, coalesce(compatible_from, 0) from recurd.settings;
