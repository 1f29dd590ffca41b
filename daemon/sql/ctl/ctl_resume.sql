-- recurctl resume.
-- $1 text: id of the template.
-- Index: pk_recurring_tasks, pk_policies.
-- Result: any
select recurd.resume($1)
