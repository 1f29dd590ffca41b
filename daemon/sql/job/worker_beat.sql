-- Caller: job/beat.c, every heartbeat_interval.
-- Says that this worker lives and forgets those that have been silent for a day.
-- $1 id   $2 name   $3 pid   $4 version   $5 heartbeat in microseconds
-- $6 figures since its start, as JSON (job/counters.h)   $7 the newest migration that this binary knows
-- What it runs with: $8 its file, null: none   $9 version of its time zone data, null: unknown   $10 options that
-- all workers should have alike
-- $11 live_since as this worker knows it
-- Returns whether we are no longer fit for this database: row-level security has come to hide rows of any
-- table from us, a rule to rewrite what we write, a migration that we are too old for, or a schema that was
-- taken away and made anew.
-- Index: pk_workers.
-- Result: bool
with gone as (
    delete from recurd.workers where seen_at < recurd.now() - interval '1 day' and id <> $1
)
insert into recurd.workers (id, name, pid, version, started_at, seen_at, heartbeat, file, tzdata, options, figures,
                            generated, reminded, quarantined)
select $1, $2, $3, $4, recurd.now(), recurd.now(), $5::bigint * interval '1 microsecond', $8, $9, $10, f.figures,
       (f.figures->>'generated')::bigint, (f.figures->>'reminded')::bigint, (f.figures->>'quarantined')::bigint
  from (select $6::jsonb as figures) f
    on conflict (id) do update
   set seen_at = excluded.seen_at, heartbeat = excluded.heartbeat, figures = excluded.figures,
       name = excluded.name, file = excluded.file, tzdata = excluded.tzdata, options = excluded.options,
       generated = excluded.generated,
       reminded = excluded.reminded, quarantined = excluded.quarantined
returning exists (select from pg_catalog.unnest({guarded tables}) r,
                        lateral pg_catalog.to_regclass(case when r like 'recurd.%' then r else '{app}.' || r end) t
                   where pg_catalog.row_security_active(t)
                         or exists (select from pg_catalog.pg_rewrite w
                                     where w.ev_class = t and w.ev_type in ('2', '3') and w.ev_enabled <> 'D'))
          or coalesce((select s.compatible_from from recurd.settings s), 0) > $7
          or (select s.live_since from recurd.settings s) is distinct from $11::timestamptz;
