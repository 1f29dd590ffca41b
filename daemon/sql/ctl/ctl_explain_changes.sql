-- recurctl explain: the edits of a template's rule and next_due_at, and how far the series was at each.
-- $1 text: the template; $2 bigint: the newest so many.
-- The last column: the overrides alone, or the zone, were edited, which passes over nothing.
-- Index: ix_changes_template_id.
-- Result: {series changes}
{series changes}
