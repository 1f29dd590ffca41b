-- recurctl backfill --dry-run: what a template's past is expanded from.
-- $1 text: its id.
-- Index: the primary key, pk_policies.
-- Result: {template columns} {user zone} {policy columns}
select {template columns}, {user zone}, {policy columns}
from {app}.recurring_tasks as t
left join recurd.policies as p on p.template_id = t.id
where t.id = $1
