-- Caller: job/backfill.c.
-- What the series went by: its moves to another time zone.
-- $1 template   $2 the newest so many
-- Index: ix_decisions_template_id.
-- Result: {series turns}
{series turns}
