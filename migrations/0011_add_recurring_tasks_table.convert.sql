-- Shapes of the table that are known and that the up file does not make good, as in 0006.
do $$
declare
    columns text[] := array(select attname::text from pg_attribute
                            where attrelid = to_regclass('recurring_tasks') and attnum > 0 and not attisdropped);
    lines text;
begin
    if columns @> '{task_id,next_due_at}' and columns && '{frequency,cron_expression}'
       and not columns && '{recurrence_rule,title}' then
        if to_regclass('recurring_tasks_of_application') is not null then
            lines := e'\nrefused: there is a table recurring_tasks_of_application already';
        end if;
        raise exception '%', 'shape: recurring_tasks is another table: rows that say how a task repeats (task_id, frequency,'
            ' interval, cron_expression), no templates' || coalesce(lines, '')
            || (select e'\nrun: alter table recurring_tasks rename to recurring_tasks_of_application'
                       || coalesce(string_agg(format(e'\nrun: alter index %s rename to %I', indexrelid::regclass,
                                                     left(c.relname, 50) || '_application'), '' order by c.relname), '')
                from pg_index join pg_class c on c.oid = indexrelid
                where indrelid = to_regclass('recurring_tasks')
                      and c.relname in ('pk_recurring_tasks', 'ix_recurring_tasks_user_id', 'ix_recurring_tasks_is_active',
                                        'ix_recurring_tasks_user_id_next_due_at', 'ix_recurring_tasks_recurrence_rule'))
            || e'\nundo: recurctl migrate down --to 10, then: alter table recurring_tasks_of_application rename to recurring_tasks'
            || e'\nnote: its rows stay in it, under its new name, which the application must use from then on; a row becomes a'
               ' template with: insert into recurring_tasks (id, user_id, title, recurrence_rule, next_due_at) select'
               ' gen_random_uuid(), t.user_id, t.title, jsonb_build_object(''frequency'', lower(o.frequency), ''interval'','
               ' coalesce(o.interval, 1)), o.next_due_at at time zone {zone} from recurring_tasks_of_application o join tasks t'
               ' on t.id::text = o.task_id::text where o.cron_expression is null';
    end if;
    select string_agg(format(e'shape: %1$s.%2$s is a timestamp without time zone\n'
                             'run: alter table %1$s alter column %2$I type timestamptz using %2$I at time zone {zone}\n'
                             'undo: alter table %1$s alter column %2$I type timestamp using %2$I at time zone {zone}',
                             attrelid::regclass, attname), e'\n' order by attnum)
    into lines
    from pg_attribute
    where attrelid = to_regclass('recurring_tasks') and attname in ('next_due_at', 'created_at')
          and atttypid = 'timestamp'::regtype and not attisdropped;
    if lines is not null then
        raise exception '%', lines;
    end if;
end
$$;
