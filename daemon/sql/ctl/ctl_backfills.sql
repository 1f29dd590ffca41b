-- recurctl backfill: what was asked for of a template, and how far it came; the newest first.
-- $1 text: the template; $2 text: one request, null: all; $3 bigint: at most so many.
-- Index: ix_backfills_template_id.
-- Result: text timestamptz timestamptz timestamptz text int8 int8 int8 timestamptz text text
select b.id, b.asked_from, b.asked_to, b.asked_at, b.asked_by, b.made::bigint, b.present::bigint, b.left_out::bigint,
       b.through, b.outcome, b.detail
from recurd.backfills as b
where b.template_id = $1 and ($2::text is null or b.id = $2)
order by b.template_id desc, b.asked_at desc
limit $3
