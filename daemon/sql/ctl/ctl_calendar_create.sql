-- recurctl calendar create, import: a calendar that is not there yet.
-- $1 name   $2 weekend as an array's text, null: the default
-- Index: pk_calendars.
-- Result: text
insert into recurd.calendars (name, weekend)
values ($1, coalesce($2::text::smallint[], '{6,7}'))
on conflict (name) do nothing
returning name
