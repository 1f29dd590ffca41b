-- Caller: db/fitness.c, in one flight after session_first.
-- Returns business time, live_since, compatible_from, from which instant on keys begin with time, and whether there
-- are keys that contradict it.
-- Index: pk_notifications.
-- Result: timestamptz timestamptz int4 timestamptz bool
select recurd.now(), live_since, coalesce(compatible_from, 0), recurd.keys_from(), {keys differ} from recurd.settings;
