-- recurctl explain: opens the cursor over what was decided about occurrences of a template, in their order.
-- $1 text: the template; $2, $3 timestamptz: from, to.
-- Index: ix_decisions_template_id.
-- Result: cursor text timestamptz timestamptz timestamptz int8 text text
declare ctl_explained_decisions no scroll cursor for
select d.kind, d.first_at, coalesce(d.last_at, d.first_at), d.at, least(greatest(coalesce(d.occurrences, 1), 0), 1000000000000), d.detail, d.by
from recurd.decisions as d
where d.template_id = $1 and d.first_at <= $3 and coalesce(d.last_at, d.first_at) >= $2
      and d.kind not in ('ended', 'extended', 'quarantined', 'retried', 'rezoned')
order by d.first_at, d.id
