-- recurctl calendar delete: with its days.
-- $1 name
-- Index: pk_calendars.
-- Result: text
delete from recurd.calendars where name = $1
returning name
