-- Caller: svc/fitness.c, after session_check passed.
-- The first worker that ever starts writes live_since; everybody reads it.
-- Returns business time, live_since, compatible_from.
with first as (
    update recurd.settings set live_since = recurd.now()
     where live_since is null
    returning live_since
)
select recurd.now(), coalesce((select live_since from first), s.live_since), s.compatible_from
  from recurd.settings s;
