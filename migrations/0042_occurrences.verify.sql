-- Names what is missing or differs; silent when all is there.  More than that is fine.
do $$
declare
    -- tell_triggered has its owner's rights and is open to everybody: it tells once, of an instance that is there.
    granted text[] := array[
                'recurd.rule_but_overrides(jsonb)', 'recurd.zone_instant(timestamp, text)',
                'recurd.override_instant(text, text)', 'recurd.override_key(timestamptz, text)',
                'recurd.rule_zone(jsonb, text)', 'recurd.template_taken(text)',
                'recurd.amend(text, timestamptz, text, jsonb, timestamptz)', 'recurd.check_size(text, jsonb, jsonb)',
                'recurd.postponed(text, jsonb, timestamptz, timestamptz, text, timestamptz, timestamptz)',
                'recurd.skip(text, timestamptz)', 'recurd.unskip(text, timestamptz)',
                'recurd.postpone(text, timestamptz, timestamptz)', 'recurd.change(text, timestamptz, text, text, text)',
                'recurd.split(text, timestamptz, jsonb)', 'recurd.trigger(text)', 'recurd.tell_triggered(text)'];
    problems text;
begin
    select string_agg(problem, e'\n') into problems from (
        select format('function %s is missing, or not as 0042_occurrences makes it', name) as problem
        from (values ('recurd.template_changed()', '%rule_but_overrides%'),
                     ('recurd.amend(text, timestamptz, text, jsonb, timestamptz)', '%ifOccurs%')) as w (name, words)
        where not exists (select from pg_proc where oid = to_regprocedure(name) and prosrc like words)
        union all
        select format('function %s is missing', name)
        from unnest(granted) as name
        where to_regprocedure(name) is null and name not like 'recurd.amend(%'
        union all
        select format('function %s runs with %s', name, case
                      when definer then 'its caller''s rights or another search_path, expected its owner''s and pg_catalog, pg_temp'
                      else 'its owner''s rights, expected its caller''s' end)
        from (select name, name = 'recurd.tell_triggered(text)' from unnest(granted) as name
              union all
              select 'recurd.template_changed()', true) as w (name, definer)
        join pg_proc on oid = to_regprocedure(name)
        where prosecdef <> definer or definer and not coalesce(proconfig && array['search_path=""', 'search_path=pg_catalog, pg_temp'], false)
        union all
        -- One line for all of them: a restore without privileges must not leave preflight without a place for others.
        select format('role %s has no right of its own to execute %s%s', role, min(name),
                      case when count(*) > 1 then format(' and %s more', count(*) - 1) end)
        from unnest(array['recurd_worker', 'recurd_reader']) as role
        cross join unnest(granted) as name
        join pg_proc on oid = to_regprocedure(name)
        where to_regrole(role) is not null
              and not exists (select from aclexplode(proacl) where grantee = to_regrole(role))
        group by role
        union all
        -- Their bodies have the name of the application's schema, which may have been renamed.
        select format('function %s does not fit the tables: they are in another schema', name)
        from unnest(granted) as name
        join pg_proc on oid = to_regprocedure(name)
        where prosrc ~ '[.](tasks|recurring_tasks|task_tags)( as| \()'
              and position(format('%I.', current_schema()) in prosrc) = 0
    ) as p (problem);
    if problems is not null then
        raise exception '%', problems;
    end if;
end
$$;
