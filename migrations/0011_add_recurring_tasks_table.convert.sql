-- Shapes of the table that are known and that the up file does not make good, as in 0006.
do $$
declare
    columns text[] := array(select attname::text from pg_attribute
                            where attrelid = to_regclass('recurring_tasks') and attnum > 0 and not attisdropped);
    lines text;
    renamed text;
    restored text;
    taken text;
    rule text;
begin
    if columns @> '{task_id,next_due_at}' and columns && '{frequency,cron_expression}'
       and not columns && '{recurrence_rule,title}' then
        -- Names that this step and later ones take.
        select string_agg(format('run: alter index %s rename to %I', indexrelid::regclass, new), e'\n' order by old),
               string_agg(format('undo: alter index %I rename to %I', new, old), e'\n' order by old),
               string_agg(new::regclass::text, ', ' order by old) filter (where to_regclass(new) is not null)
        into renamed, restored, taken
        from pg_index
        join pg_class c on c.oid = indexrelid
        cross join lateral (select relname::text, left(relname, 50) || '_application') as n (old, new)
        where indrelid = to_regclass('recurring_tasks')
              and old in ('pk_recurring_tasks', 'ix_recurring_tasks_user_id', 'ix_recurring_tasks_is_active',
                          'ix_recurring_tasks_user_id_next_due_at', 'ix_recurring_tasks_recurrence_rule',
                          'ix_recurring_tasks_due', 'ix_recurring_tasks_replan', 'ix_recurring_tasks_quarantined',
                          'ix_recurring_tasks_paused', 'ix_recurring_tasks_ended');
        taken := concat_ws(', ', to_regclass('recurring_tasks_of_application')::text, taken);
        -- Of the columns, those that are there.
        rule := case when 'cron_expression' = any (columns) then
                    $q$ when btrim(o.cron_expression) <> '' then jsonb_build_object('cron', o.cron_expression)$q$ else '' end
             || case when 'frequency' = any (columns) then
                    $q$ when o.frequency is not null then jsonb_build_object('frequency', lower(o.frequency::text), 'interval', $q$
                    || case when 'interval' = any (columns) then 'coalesce(o.interval, 1))' else '1)' end
                else '' end;
        raise exception '%', concat_ws(e'\n',
            'shape: recurring_tasks is another table: rows that say how a task repeats (task_id, frequency, interval,'
            ' cron_expression), no templates',
            'refused: something is called ' || nullif(taken, '') || ' already: rename that',
            'run: alter table recurring_tasks rename to recurring_tasks_of_application',
            renamed,
            'undo: recurctl migrate down --to 10',
            restored,
            'undo: alter table recurring_tasks_of_application rename to recurring_tasks',
            'note: its rows stay in it, under its new name, which the application must use from then on',
            format('note: rows with a next_due_at and a cron_expression or a frequency become templates with: insert into'
                   ' recurring_tasks (id, user_id, title, recurrence_rule, next_due_at%s) select gen_random_uuid(), t.user_id,'
                   ' t.title, r.rule, o.next_due_at%s%s from recurring_tasks_of_application o join tasks t on t.id::text ='
                   ' o.task_id::text cross join lateral (select case%s end) as r (rule) where r.rule is not null and'
                   ' o.next_due_at is not null',
                   case when 'is_active' = any (columns) then ', is_active' end,
                   case when (select atttypid from pg_attribute
                              where attrelid = to_regclass('recurring_tasks') and attname = 'next_due_at')
                             <> 'timestamptz'::regtype then ' at time zone {zone}' end,
                   case when 'is_active' = any (columns) then ', coalesce(o.is_active, true)' end,
                   rule));
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
