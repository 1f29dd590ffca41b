-- recurctl calendar weekend.
-- $1 name   $2 weekend as an array's text
-- Index: pk_calendars.
-- Result: text
update recurd.calendars set weekend = $2::text::smallint[], updated_at = recurd.now()
 where name = $1
returning name
