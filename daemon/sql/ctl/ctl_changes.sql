-- recurctl show: who changed a template and its policies, from what to what, the newest first.
-- $1 text: the template; $2 bigint: rows.
-- The condition is written so that only this index is in the order, or the planner may pass everybody's.
-- Index: ix_changes_template_id.
-- Result: timestamptz text text text text
select c.at, c.by, c.kind, c.before::text, c.after::text
from recurd.changes as c
where c.template_id between $1 and $1
order by c.template_id desc, c.at desc, c.id desc
limit $2
