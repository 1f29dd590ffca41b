-- recurctl calendar: the calendars, or one of them.
-- $1 its name; null: all
-- Returns name, weekend (1 is Monday), how many holidays, of them such that recur, working days, and when it changed.
-- Index: none, small tables.
-- Result: text text int8 int8 int8 timestamptz
select c.name, coalesce(pg_catalog.array_to_string(c.weekend, ','), ''),
       (select count(*) from recurd.calendar_days as d where d.calendar = c.name and not d.working),
       (select count(*) from recurd.calendar_days as d where d.calendar = c.name and not d.working and d.rule is not null),
       (select count(*) from recurd.calendar_days as d where d.calendar = c.name and d.working),
       c.updated_at
  from recurd.calendars as c
 where $1::text is null or c.name = $1
 order by c.name collate "C"
