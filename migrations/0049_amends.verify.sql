-- Names what is missing or differs; silent when all is there.  More than that is fine.
do $$
declare
    problems text;
begin
    select string_agg(problem, e'\n') into problems from (
        select distinct format('function %s is missing, or not as 0049_amends makes it', name) as problem
        from (values ('recurd.status_figures()', '%recurd.reminders%'),
                     ('recurd.upcoming_rows()', '%recurd.reminders%'),
                     ('recurd.upcoming(integer)', '%recurd.reminders%'),
                     ('recurd.template_taken(text)', '%no date and time%'),
                     ('recurd.amend(text, timestamptz, text, jsonb, timestamptz)', '%still to come: the next%'),
                     ('recurd.set_policy(text, text, text)', '%there is no calendar%'),
                     ('recurd.change(text, timestamptz, text, text, text)', '%control character%'),
                     ('recurd.api_may_create(text, jsonb, text)', '%template_limit%'),
                     ('recurd.web_minutes()', '%recurd.reminders%'),
                     ('recurd.web_upcoming(integer, timestamptz)', '%recurd.reminders%')) as w (name, words)
        where not exists (select from pg_proc where oid = to_regprocedure(name) and prosrc like words)
        union all
        select 'function recurd.policies_audited() is missing'
        where to_regprocedure('recurd.policies_audited()') is null
        union all
        select 'function recurd.policies_audited() may be executed by everybody'
        where has_function_privilege('public', to_regprocedure('recurd.policies_audited()'), 'execute')
        union all
        select format('function recurd.policies_audited() runs with %s',
                      case when prosecdef then 'another search_path, expected pg_catalog, pg_temp'
                           else 'its caller''s rights, expected its owner''s' end)
        from pg_proc
        where oid = to_regprocedure('recurd.policies_audited()')
              and (not prosecdef or not coalesce(proconfig && array['search_path=pg_catalog, pg_temp'], false))
        union all
        select 'trigger recurd_policies_audited on recurd.policies is missing'
        where to_regclass('recurd.policies') is not null
              and not exists (select from pg_trigger
                              where tgrelid = to_regclass('recurd.policies') and tgname = 'recurd_policies_audited'
                                    and tgfoid = to_regprocedure('recurd.policies_audited()') and tgenabled in ('O', 'A'))
    ) as p (problem);
    if problems is not null then
        raise exception '%', problems;
    end if;
end
$$;
