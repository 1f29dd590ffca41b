-- recurctl calendar add, import: days of a calendar; what is there already is as it is given now.
-- $1 name   $2 days as a JSON list   $3 they come out of a file
-- Index: pk_calendar_days.
-- Result: text
insert into recurd.calendar_days as d (calendar, day, days, name, rule, working, imported)
select c.name, x.day, x.days, x.name, x.rule, x.working, $3
  from recurd.calendars as c,
       pg_catalog.jsonb_to_recordset($2::text::jsonb) as x (day date, days integer, name text, rule text, working boolean)
 where c.name = $1
on conflict (calendar, day, name) do update
   set days = excluded.days, rule = excluded.rule, working = excluded.working, imported = excluded.imported
 where (d.days, d.rule, d.working, d.imported)
       is distinct from (excluded.days, excluded.rule, excluded.working, excluded.imported)
returning d.name
