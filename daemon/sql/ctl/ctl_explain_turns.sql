-- recurctl explain: the moves of a template to another time zone.
-- $1 text: the template; $2 bigint: the newest so many.
-- Index: ix_decisions_template_id.
-- Result: text timestamptz
select t.zone, t.first_at from (
    select pg_catalog.split_part(d.detail, ' to ', 1) as zone, d.first_at, d.id
    from recurd.decisions as d
    where d.template_id = $1 and d.kind = 'rezoned' and d.detail like '% to %' and d.first_at is not null
    order by d.at desc, d.id desc
    limit $2) as t
order by t.id
