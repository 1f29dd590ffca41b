-- recurctl explain: the moves of a template to another time zone.
-- $1 text: the template; $2 bigint: the newest so many.
-- Where nothing moved (the rule has ended), what stands there goes by the former zone; another move there says no more.
-- Index: ix_decisions_template_id.
-- Result: text timestamptz timestamptz
select t.zone, t.first_at + case when t.stays then interval '1 s' else interval '0' end, t.at from (
    select pg_catalog.split_part(d.detail, ' to ', 1) as zone, d.first_at, d.at, d.id, d.first_at = d.last_at as stays,
           pg_catalog.lag(d.first_at) over (order by d.at, d.id) as before
    from recurd.decisions as d
    where d.template_id = $1 and d.kind = 'rezoned' and d.detail like '% to %' and pg_catalog.isfinite(d.first_at)
    order by d.at desc, d.id desc
    limit $2) as t
where not t.stays or t.before is distinct from t.first_at
order by t.id
