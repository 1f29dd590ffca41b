-- Caller: job/zones.c, at start.
-- What this server takes for the wall time in a zone, twice a month for two years from now on: to be
-- compared with ours.
-- $1 zones (text[]); one that the server does not know gives no row
-- Index: none.
-- Result: text timestamptz timestamp
select n.name, s.instant, s.instant at time zone n.name
  from pg_catalog.pg_timezone_names n
 cross join lateral pg_catalog.generate_series(
           pg_catalog.date_trunc('day', recurd.now()), recurd.now() + interval '2 years',
           interval '15 days') as s (instant)
 where n.name = any ($1::text[])
 order by n.name, s.instant;
