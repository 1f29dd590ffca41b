-- recurctl resume.
-- $1 text: id of the template.
-- Index: pk_recurring_tasks, pk_policies.
-- Result: bool
select true from recurd.resume($1)
