-- Names what is missing; silent when all is there.  More than that is fine.
do $$
declare
    problems text;
begin
    select string_agg(problem, e'\n') into problems from (
        select 'everybody may not execute recurd.now()'
        where has_function_privilege('public', to_regprocedure('recurd.now()'), 'execute') is not true
        union all
        -- Its own, because everybody's may go at any time.
        select format('role %s has no right of its own to execute %s', role, name)
        from unnest(array['recurd_worker', 'recurd_reader']) as role
        cross join unnest(array['recurd.unix_usec(timestamptz)', 'recurd.notification_key(text, text, timestamptz)',
                                'recurd.instance_id(text, timestamptz)', 'recurd.upcoming_rows()', 'recurd.status_row()',
                                'recurd.status_figures()',
                                'recurd.rule_but_zone(jsonb)']) as name
        join pg_proc on oid = to_regprocedure(name)
        where to_regrole(role) is not null
              and not exists (select from aclexplode(proacl) where grantee = to_regrole(role))
    ) as p (problem);
    if problems is not null then
        raise exception '%', problems;
    end if;
end
$$;
