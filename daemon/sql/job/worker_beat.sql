-- Caller: job/beat.c, every heartbeat_interval.
-- Says that this worker lives and forgets those that have been silent for a day.
-- $1 id   $2 name   $3 pid   $4 version   $5 heartbeat in microseconds
-- $6 figures since its start, as JSON (job/counters.h)   $7 the newest migration that this binary knows
-- What it runs with: $8 its file, null: none   $9 version of its time zone data, null: unknown   $10 options that
-- all workers should have alike
-- $11 live_since as this worker knows it
-- $12 zones whose data it has   $13 their digests (bigint[])   $14 zones that it lacks
-- Returns whether we are no longer fit for this database: row-level security has come to hide rows of any
-- table from us, a rule to rewrite what we write, a migration that we are too old for, or a schema that was
-- taken away and made anew; and whether zones are recorded of which it says nothing.
-- Index: pk_workers, pk_zones.
-- Result: bool bool
with gone as (
    delete from recurd.workers where seen_at < recurd.now() - interval '1 day' and id <> $1
), own as materialized (
    select pg_catalog.unnest($12::text[]) as name, pg_catalog.unnest($13::bigint[]) as digest
), recorded as materialized (
    select z.name, z.digest, o.digest as own,
           exists (select from pg_catalog.unnest($14::text[]) as l where pg_catalog.lower(l) = pg_catalog.lower(z.name)) as lacking
      from recurd.zones z left join own o on o.name = z.name
)
insert into recurd.workers (id, name, pid, version, started_at, seen_at, heartbeat, file, tzdata, options, zones, figures,
                            generated, reminded, quarantined)
select $1, $2, $3, $4, recurd.now(), recurd.now(), $5::bigint * interval '1 microsecond', $8, $9, $10,
       (select pg_catalog.jsonb_object_agg(d.name, d.how)
          from (select r.name, 'differs' as how from recorded r where r.own <> r.digest
                union all
                select l, 'lacking' from pg_catalog.unnest($14::text[]) as l) as d), f.figures,
       (f.figures->>'generated')::bigint, (f.figures->>'reminded')::bigint, (f.figures->>'quarantined')::bigint
  from (select $6::jsonb as figures) f
    on conflict (id) do update
   set seen_at = excluded.seen_at, heartbeat = excluded.heartbeat, figures = excluded.figures,
       name = excluded.name, file = excluded.file, tzdata = excluded.tzdata, options = excluded.options,
       zones = excluded.zones,
       generated = excluded.generated,
       reminded = excluded.reminded, quarantined = excluded.quarantined
returning exists (select from pg_catalog.unnest({guarded tables}) r,
                        lateral pg_catalog.to_regclass(case when r like 'recurd.%' then r else '{app}.' || r end) t
                   where pg_catalog.row_security_active(t)
                         or exists (select from pg_catalog.pg_rewrite w
                                     where w.ev_class = t and w.ev_type in ('2', '3') and w.ev_enabled <> 'D'))
          or coalesce((select s.compatible_from from recurd.settings s), 0) > $7
          or (select s.live_since from recurd.settings s) is distinct from $11::timestamptz,
          exists (select from recorded r where r.own is null and not r.lacking);
