-- Caller: job/backfill.c.
-- What the series went by: its edits.
-- $1 template   $2 the newest so many
-- Index: ix_changes_template_id.
-- Result: {series changes}
{series changes}
