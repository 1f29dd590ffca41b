-- Names what is missing or differs; silent when all is there.  More than that is fine.
do $$
declare
    problems text;
begin
    select string_agg(problem, e'\n') into problems from (
        select distinct format('function %s is missing, or not as 0045_amend makes it', name) as problem
        from (values ('recurd.resume_due(text, boolean)', '%returned_sqlstate%'),
                     ('recurd.split(text, timestamptz, jsonb)', '%pg_get_serial_sequence%'),
                     ('recurd.split(text, timestamptz, jsonb)', '%early%'),
                     ('recurd.split(text, timestamptz, jsonb)', '%ends < cut%'),
                     ('recurd.amend(text, timestamptz, text, jsonb, timestamptz)', '%used_count%'),
                     ('recurd.snooze(text, timestamptz, interval)', '%longer snooze%'),
                     ('recurd.unremind(text)', '%gone.source%'),
                     ('recurd.template_limit()', '%would have%'),
                     ('recurd.trigger(text)', '%remind_before%'),
                     ('recurd.template_audited()', '%data_exception%'),
                     ('recurd.override_key(timestamptz, text)', '%0001-01-02%')) as w (name, words)
        where not exists (select from pg_proc where oid = to_regprocedure(name) and prosrc like words)
        union all
        select 'function recurd.resume_due(text, boolean) may be executed by everybody'
        where has_function_privilege('public', to_regprocedure('recurd.resume_due(text, boolean)'), 'execute')
        union all
        select 'function recurd.resume_due(text, boolean) runs with its owner''s rights, expected its caller''s'
        where exists (select from pg_proc where oid = to_regprocedure('recurd.resume_due(text, boolean)') and prosecdef)
        union all
        select 'role recurd_worker may not execute recurd.resume_due(text, boolean)'
        where to_regrole('recurd_worker') is not null
              and has_function_privilege(to_regrole('recurd_worker'), to_regprocedure('recurd.resume_due(text, boolean)'), 'execute') is false
        union all
        -- Their bodies have the name of the application's schema, which may have been renamed.
        select format('function %s does not fit the tables: they are in another schema', oid::regprocedure)
        from pg_proc
        where oid = to_regprocedure('recurd.resume_due(text, boolean)')
              and position(format('%I.recurring_tasks', current_schema()) in prosrc) = 0
    ) as p (problem);
    if problems is not null then
        raise exception '%', problems;
    end if;
end
$$;
