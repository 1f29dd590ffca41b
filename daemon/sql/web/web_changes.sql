-- Caller: web/template.c, the page of one template.  Its edits, as daemon/sql/plan/series_changes.part has them.
-- $1 text: the template   $2 int8: the newest so many
-- Index: those of the function, which tests/integration/web/test_outlook.py counts blocks of.
-- Result: timestamptz text text timestamp text timestamptz timestamptz timestamptz bool
select c.at, c.by, c.rule, c.starts_local, c.starts_zone, c.made_through, c.next_due_at, c.next_due_after, c.passes_over
from recurd.web_changes($1::text, $2::bigint) as c
