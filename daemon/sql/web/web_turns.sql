-- Caller: web/template.c, the page of one template.  Its moves to another time zone, as series_turns.part has them.
-- $1 text: the template   $2 int8: the newest so many
-- Index: those of the function, which tests/integration/web/test_outlook.py counts blocks of.
-- Result: text timestamptz timestamptz
select t.zone, t.first_at, t.at
from recurd.web_turns($1::text, $2::bigint) as t
