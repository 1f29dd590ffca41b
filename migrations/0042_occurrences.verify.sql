-- Names what is missing or differs; silent when all is there.  More than that is fine.
do $$
declare
    problems text;
begin
    select string_agg(problem, e'\n') into problems from (
        select format('function %s is missing, or not as 0042_occurrences makes it', name) as problem
        from (values ('recurd.template_changed()', '%rule_but_overrides%'),
                     ('recurd.amend(text, timestamptz, text, jsonb, timestamptz)', '%ifOccurs%'),
                     ('recurd.template_taken(text)', '%'), ('recurd.postponed(text, jsonb, timestamptz, timestamptz, text, timestamptz, timestamptz)', '%'),
                     ('recurd.check_size(text, jsonb, jsonb)', '%'), ('recurd.change(text, timestamptz, text, text, text)', '%'),
                     ('recurd.split(text, timestamptz, jsonb)', '%'), ('recurd.trigger(text)', '%'),
                     ('recurd.tell_triggered(text)', '%'), ('recurd.skip(text, timestamptz)', '%'),
                     ('recurd.unskip(text, timestamptz)', '%'), ('recurd.postpone(text, timestamptz, timestamptz)', '%'),
                     ('recurd.rule_but_overrides(jsonb)', '%'), ('recurd.zone_instant(timestamp, text)', '%'),
                     ('recurd.override_instant(text, text)', '%'), ('recurd.override_key(timestamptz, text)', '%'),
                     ('recurd.rule_zone(jsonb, text)', '%')) as w (name, words)
        where not exists (select from pg_proc where oid = to_regprocedure(name) and prosrc like words)
        union all
        select format('function %s runs with %s', name, case
                      when definer then 'its caller''s rights or another search_path, expected its owner''s and pg_catalog, pg_temp'
                      else 'its owner''s rights, expected its caller''s' end)
        from (values ('recurd.tell_triggered(text)', true), ('recurd.template_changed()', true),
                     ('recurd.amend(text, timestamptz, text, jsonb, timestamptz)', false),
                     ('recurd.template_taken(text)', false), ('recurd.split(text, timestamptz, jsonb)', false),
                     ('recurd.trigger(text)', false), ('recurd.change(text, timestamptz, text, text, text)', false),
                     ('recurd.skip(text, timestamptz)', false), ('recurd.unskip(text, timestamptz)', false),
                     ('recurd.postpone(text, timestamptz, timestamptz)', false),
                     ('recurd.rule_but_overrides(jsonb)', false), ('recurd.zone_instant(timestamp, text)', false),
                     ('recurd.override_instant(text, text)', false), ('recurd.override_key(timestamptz, text)', false),
                     ('recurd.rule_zone(jsonb, text)', false), ('recurd.check_size(text, jsonb, jsonb)', false),
                     ('recurd.postponed(text, jsonb, timestamptz, timestamptz, text, timestamptz, timestamptz)', false)) as w (name, definer)
        join pg_proc on oid = to_regprocedure(name)
        where prosecdef <> definer or definer and not coalesce(proconfig && array['search_path=""', 'search_path=pg_catalog, pg_temp'], false)
        union all
        -- One line for all of them, so that preflight has a place for others.
        select format('role %s has no right of its own to execute %s%s', role, min(name),
                      case when count(*) > 1 then format(' and %s more', count(*) - 1) end)
        from unnest(array['recurd_worker', 'recurd_reader']) as role
        cross join unnest(array['recurd.skip(text, timestamptz)', 'recurd.unskip(text, timestamptz)',
                                'recurd.postpone(text, timestamptz, timestamptz)',
                                'recurd.change(text, timestamptz, text, text, text)',
                                'recurd.split(text, timestamptz, jsonb)', 'recurd.trigger(text)',
                                'recurd.rule_but_overrides(jsonb)', 'recurd.zone_instant(timestamp, text)',
                                'recurd.override_instant(text, text)', 'recurd.override_key(timestamptz, text)',
                                'recurd.rule_zone(jsonb, text)', 'recurd.template_taken(text)',
                                'recurd.amend(text, timestamptz, text, jsonb, timestamptz)',
                                'recurd.check_size(text, jsonb, jsonb)',
                                'recurd.postponed(text, jsonb, timestamptz, timestamptz, text, timestamptz, timestamptz)',
                                'recurd.tell_triggered(text)']) as name
        join pg_proc on oid = to_regprocedure(name)
        where to_regrole(role) is not null
              and not exists (select from aclexplode(proacl) where grantee = to_regrole(role))
        group by role
    ) as p (problem);
    if problems is not null then
        raise exception '%', problems;
    end if;
end
$$;
