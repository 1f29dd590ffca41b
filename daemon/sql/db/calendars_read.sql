-- Caller: job/settings.c, ctl/settings.c, with the settings, of which each change of a calendar makes another version.
-- All calendars, and what differs in them from their weekends, of each $1 rows at most.
-- $1 rows
-- Returns the calendar's name and weekend, a bit per weekday from Sunday on; or the name, null, and of a day its
-- name, the days since 1970-01-01 (null: it is infinite), how many days it lasts, its rule (empty: longer than any
-- can be) and whether it is a working day.
-- Index: none, small tables.
-- Result: text int4 text int4 int4 text bool
(select c.name,
        (select coalesce(sum(1 << (e.day % 7)) filter (where e.day between 1 and 7), 0)::integer
           from pg_catalog.unnest(c.weekend) as e (day)) as weekend,
        null::text as day_name, null::integer as day, null::integer as days, null::text as rule, null::boolean as working
   from recurd.calendars as c
  order by c.name collate "C"
  limit $1::integer)
union all
(select d.calendar, null, d.name, case when pg_catalog.isfinite(d.day) then d.day - date '1970-01-01' end, d.days,
        case when octet_length(d.rule) > 65536 then '' else d.rule end, d.working
   from recurd.calendar_days as d
  order by d.calendar collate "C", d.day
  limit $1::integer)
