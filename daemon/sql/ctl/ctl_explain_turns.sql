-- recurctl explain: the moves of a template to another time zone.
-- $1 text: the template; $2 bigint: the newest so many.
-- Index: ix_decisions_template_id.
-- Result: {series turns}
{series turns}
