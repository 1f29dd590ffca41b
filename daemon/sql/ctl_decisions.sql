-- recurctl show: what was not simply made for a template, the newest first.
-- $1 text: the template's id; $2 bigint: rows.
-- Index: ix_decisions_template_id.
select d.at, d.kind, d.first_at, d.last_at, d.occurrences, d.detail
from recurd.decisions as d
where d.template_id = $1
order by d.at desc, d.id desc
limit $2
