-- Caller: web/actions.c, for an operator.  Pauses, resumes, tries again or triggers one template.
-- $1 text: which of them   $2 text: the template   $3 text: the reason of a pause, or null
-- Index: the primary key.
-- Result: bool
select recurd.web_act($1::text, $2::text, $3::text)
