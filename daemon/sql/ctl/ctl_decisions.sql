-- recurctl show: what was decided about a template or a task, the newest first.
-- $1 text: its id; $2 bigint: rows; $3 boolean: a task.
-- What a catch-up passes over batch after batch, a row each, is shown as one for each reason.
-- No more than the newest 1000 are looked at.
-- Index: ix_decisions_template_id, ix_decisions_task_id.
-- Result: timestamptz text timestamptz timestamptz int8 text
with decision as (
    select d.*,
           not coalesce(d.kind in ('dropped', 'paused', 'adopted')
                        and d.first_at > pg_catalog.lag(d.last_at) over w
                        and d.at < pg_catalog.lag(d.at) over w + interval '5 min', false) as begins
    from (select * from (select * from recurd.decisions as n where not $3::boolean and n.template_id = $1
                         order by n.at desc limit 1000) as of_template
          union all
          select * from (select * from recurd.decisions as n where $3::boolean and n.task_id = $1
                         order by n.at desc limit 1000) as of_task) as d
    window w as (partition by d.kind order by d.at, d.id)
), run as (
    select d.*, count(*) filter (where d.begins) over (partition by d.kind order by d.at, d.id) as number
    from decision as d
)
select max(r.at), r.kind, min(r.first_at), max(r.last_at), sum(r.occurrences)::bigint, max(r.detail)
from run as r
group by r.kind, r.number
order by max(r.at) desc, max(r.id) desc
limit $2
