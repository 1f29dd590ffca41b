-- recurctl calendar import: what came out of a file before, and is not in this one.
-- $1 name   $2 its days as a JSON list
-- Index: pk_calendar_days.
-- Result: text
delete from recurd.calendar_days as d
 where d.calendar = $1 and d.imported
       and not exists (select from pg_catalog.jsonb_to_recordset($2::text::jsonb) as x (day date, name text)
                        where x.day = d.day and x.name = d.name)
returning d.name
