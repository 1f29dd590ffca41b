-- Names what is missing or differs; silent when all is there.
do $$
declare
    problems text;
begin
    select string_agg(problem, e'\n') into problems from (
        select format('column recurd.workers.zones is %s', coalesce(a.atttypid::regtype || ', expected jsonb', 'missing'))
               as problem
        from (values ('recurd.workers')) as w (tab)
        left join pg_attribute a on a.attrelid = to_regclass(tab) and a.attname = 'zones' and not a.attisdropped
        where to_regclass(tab) is not null and (a.attnum is null or a.atttypid <> 'jsonb'::regtype)
        union all
        select 'function recurd.settings_changed() is missing, or not as 0034_bounds makes it'
        where not exists (select from pg_proc where oid = to_regprocedure('recurd.settings_changed()')
                                                    and prosrc like '%tried_again%')
        union all
        select format('constraint %s on %s is missing', name, tab)
        from (values ('ck_settings_notification_retention_least', 'recurd.settings'),
                     ('ck_consumers_name', 'recurd.consumers'), ('ck_consumers_done_through', 'recurd.consumers'),
                     ('ck_consumers_since', 'recurd.consumers')) as w (name, tab)
        where to_regclass(tab) is not null
              and not exists (select from pg_constraint where conrelid = to_regclass(tab) and conname = name)
        union all
        select 'function recurd.consumer_changed() is missing'
        where to_regprocedure('recurd.consumer_changed()') is null
        union all
        select 'function recurd.consumer_changed() may be executed by everybody'
        where has_function_privilege('public', to_regprocedure('recurd.consumer_changed()'), 'execute')
        union all
        select 'trigger recurd_consumer_changed on recurd.consumers is missing or disabled'
        where to_regclass('recurd.consumers') is not null
              and not exists (select from pg_trigger
                              where tgrelid = to_regclass('recurd.consumers')
                                    and tgname = 'recurd_consumer_changed' and tgenabled <> 'D')
        union all
        select format('function %s runs with %s', name, case
                      when prosecdef and definer then 'another search_path, expected pg_catalog, pg_temp'
                      when definer then 'its caller''s rights, expected its owner''s'
                      else 'its owner''s rights, expected its caller''s' end)
        from (values ('recurd.consumer_changed()', true)) as w (name, definer)
        join pg_proc on oid = to_regprocedure(name)
        where prosecdef <> definer or definer and not coalesce(proconfig && array['search_path=""', 'search_path=pg_catalog, pg_temp'], false)
    ) as p (problem);
    if problems is not null then
        raise exception '%', problems;
    end if;
end
$$;
