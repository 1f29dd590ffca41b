-- recurctl explain: the edits of a template's rule and next_due_at, and how far the series was at each.
-- $1 text: the template; $2 bigint: the newest so many.
-- The last column: the overrides alone, or the zone, were edited, which passes over nothing.
-- Index: ix_changes_template_id.
-- Result: timestamptz text text timestamp text timestamptz timestamptz timestamptz bool
select c.* from (
    select x.at, x.by,
           case when pg_catalog.octet_length(x.recurrence_rule::text) <= 65536 then x.recurrence_rule::text end,
           x.starts_local, x.starts_zone, x.made_through, x.next_due_at, (x.after->>'next_due_at')::timestamptz,
           coalesce(not x.after ? 'next_due_at'
               and (recurd.rule_but_overrides(x.recurrence_rule) is not distinct from
                    recurd.rule_but_overrides(x.after->'recurrence_rule')
                    or recurd.rule_but_zone(x.recurrence_rule) = recurd.rule_but_zone(x.after->'recurrence_rule')),
                    false)
    from recurd.changes as x
    where x.template_id = $1 and x.starts_local is not null and x.starts_zone is not null
    order by x.at desc, x.id desc
    limit $2) as c
order by 1
