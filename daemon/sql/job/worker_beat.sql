-- Caller: job/beat.c, every heartbeat_interval.
-- Says that this worker lives and forgets those that have been silent for a day.
-- $1 id   $2 name   $3 pid   $4 version   $5 heartbeat in microseconds
-- $6 figures since its start, as JSON (job/counters.h)   $7 the newest migration that this binary knows
-- Returns whether we are no longer fit for this database: row-level security has come to hide rows from
-- us, or a migration that we are too old for.
-- Index: pk_workers.
-- Result: bool
with gone as (
    delete from recurd.workers where seen_at < recurd.now() - interval '1 day' and id <> $1
)
insert into recurd.workers (id, name, pid, version, started_at, seen_at, heartbeat, figures,
                            generated, reminded, quarantined)
select $1, $2, $3, $4, recurd.now(), recurd.now(), $5::bigint * interval '1 microsecond', f.figures,
       (f.figures->>'generated')::bigint, (f.figures->>'reminded')::bigint, (f.figures->>'quarantined')::bigint
  from (select $6::jsonb as figures) f
    on conflict (id) do update
   set seen_at = excluded.seen_at, heartbeat = excluded.heartbeat, figures = excluded.figures,
       generated = excluded.generated,
       reminded = excluded.reminded, quarantined = excluded.quarantined
returning pg_catalog.row_security_active('{app}.tasks'::regclass)
          or pg_catalog.row_security_active('{app}.recurring_tasks'::regclass)
          or coalesce((select s.compatible_from from recurd.settings s), 0) > $7;
