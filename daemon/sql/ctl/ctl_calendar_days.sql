-- recurctl calendar show: what a calendar has beside its weekend.
-- $1 name
-- Index: pk_calendar_days.
-- Result: text int4 text text bool bool
select d.day::text, d.days, d.name, d.rule, d.working, d.imported
  from recurd.calendar_days as d
 where d.calendar = $1
 order by d.day, d.name
