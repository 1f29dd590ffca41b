-- Caller: web/board.c, recurctl top, the pages of decisions and of one template.  The newest first.
-- $1 text: of this template, null: of all   $2 int4: so many   $3 timestamptz, $4 int8: those before, null: the newest
-- Index: those of the function, which tests/integration/web/test_outlook.py counts blocks of.
-- Result: int8 timestamptz text text timestamptz timestamptz int8 text text
select d.id, d.at, d.kind, d.template_id, d.first_at, d.last_at, d.occurrences, d.detail, d.by
from recurd.web_decisions($1::text, $2::integer, $3::timestamptz, $4::bigint) as d
