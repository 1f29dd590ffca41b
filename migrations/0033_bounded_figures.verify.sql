-- Names what is missing or differs; silent when all is there.  More than that is fine.
-- needs: recurring_tasks CREATE tasks CREATE
do $$
declare
    problems text;
begin
    select string_agg(problem, e'\n') into problems from (
        select format('index %s on %s is %s', name, tab, case
                      when i.indexrelid is null then 'missing'
                      when not i.indisvalid then 'invalid: its build was interrupted'
                      else actual || ', expected ' || wanted end)
        from (values ('ix_recurring_tasks_quarantined', 'recurring_tasks',
                      'btree (next_due_at) WHERE (failed_at IS NOT NULL)'),
                     ('ix_recurring_tasks_paused', 'recurring_tasks',
                      'btree (next_due_at) WHERE ((is_active IS NOT TRUE) AND (ended_at IS NULL))'),
                     ('ix_recurring_tasks_ended', 'recurring_tasks',
                      'btree (next_due_at) WHERE (ended_at IS NOT NULL)'),
                     ('ix_tasks_user_id_pending_remind_at', 'tasks',
                      'btree (user_id, remind_at) WHERE ((remind_at IS NOT NULL) AND (NOT is_complete) AND'
                      ' ((reminded_at IS NULL) OR (remind_at > reminded_at)))'))
             as w (name, tab, wanted)
        left join pg_index i on i.indexrelid = to_regclass(name) and i.indrelid = to_regclass(tab)
        cross join lateral (
            select case when i.indisunique then 'unique ' else '' end
                   || regexp_replace(pg_get_indexdef(i.indexrelid),
                                     '^.* USING | WITH \([^)]*\)', '', 'g')) as d (actual)
        where (actual = wanted and i.indisvalid) is not true
        union all
        select 'function recurd.status_figures() is missing, or not what view recurd.status has'
        where to_regprocedure('recurd.status_figures()') is null
              or not exists (select from pg_attribute
                             where attrelid = to_regclass('recurd.status') and attname = 'estimates')
        union all
        select format('function %s runs with %s', name, case
                      when prosecdef and definer then 'another search_path, expected pg_catalog, pg_temp'
                      when definer then 'its caller''s rights, expected its owner''s'
                      else 'its owner''s rights, expected its caller''s' end)
        from (values ('recurd.status_figures()', false)) as w (name, definer)
        join pg_proc on oid = to_regprocedure(name)
        where prosecdef <> definer or definer and not coalesce(proconfig && array['search_path=""', 'search_path=pg_catalog, pg_temp'], false)
    ) as p (problem);
    -- Later steps' bodies read recurring_tasks.wake_at and recurd.reminders, which those steps' files miss, and repair
    -- brings back there.
    if problems is null
       and ((select count(*) from pg_attribute where not attisdropped and (
                attrelid = to_regclass('recurd.reminders') and attname in ('id', 'task_id', 'remind_at', 'reminded_at')
                or attrelid = to_regclass('recurring_tasks') and attname = 'wake_at')) = 5
            or not exists (select from pg_proc where oid = to_regprocedure('recurd.status_figures()')
                                                     and (prosrc like '%recurd.reminders%' or prosrc like '%wake_at%'))) then
        begin
            perform from recurd.status limit 0;
            perform recurd.status_figures();
        exception
            when undefined_table or undefined_column or undefined_function or invalid_schema_name
                 or invalid_function_definition then
                problems := format('function recurd.status_figures() does not fit the tables (%s)',
                                   replace(sqlerrm, e'\n', ' '));
        end;
    end if;
    if problems is not null then
        raise exception '%', problems;
    end if;
end
$$;
