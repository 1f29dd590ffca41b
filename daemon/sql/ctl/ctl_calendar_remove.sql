-- recurctl calendar remove: days of a calendar.
-- $1 name   $2 day as text   $3 what it is called; null: all of that day
-- Index: pk_calendar_days.
-- Result: text
delete from recurd.calendar_days as d
 where d.calendar = $1 and d.day = $2::text::date and ($3::text is null or d.name = $3)
returning d.name
