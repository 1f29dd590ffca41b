-- Names what is missing or differs; silent when all is there.  More than that is fine.
-- needs: recurring_tasks:references tags:references
do $$
declare
    problems text;
begin
    select string_agg(problem, e'\n') into problems from (
        select format('table %s is missing', tab)
        from (values ('recurd.notifications'),
                     ('recurd.decisions'),
                     ('recurd.workers'),
                     ('recurd.template_tags')) as w (tab)
        where to_regclass(tab) is null
        union all
        select format('column %s.%s is %s', tab, col,
                      coalesce(a.atttypid::regtype || ', expected '
                               || array_to_string(types, ' or '), 'missing'))
        from (values ('recurd.notifications', '{bigint}', array['id']),
                     ('recurd.notifications', '{text,varchar}',
                      array['key', 'kind', 'user_id', 'task_id', 'template_id']),
                     ('recurd.notifications', '{timestamptz}', array['at', 'created_at']),
                     ('recurd.decisions', '{bigint}', array['id', 'occurrences']),
                     ('recurd.decisions', '{timestamptz}', array['at', 'first_at', 'last_at']),
                     ('recurd.decisions', '{text,varchar}', array['kind', 'template_id', 'detail']),
                     ('recurd.workers', '{text,varchar}', array['id', 'name', 'version']),
                     ('recurd.workers', '{integer}', array['pid']),
                     ('recurd.workers', '{timestamptz}', array['started_at', 'seen_at']),
                     ('recurd.workers', '{interval}', array['heartbeat']),
                     ('recurd.workers', '{bigint}', array['generated', 'reminded', 'quarantined']),
                     ('recurd.template_tags', '{text,varchar}',
                      array['recurring_task_id', 'tag_id']))
             as w (tab, type_list, cols)
        cross join lateral unnest(cols) as col
        cross join lateral cast(type_list as regtype[]) as types
        left join pg_attribute a
             on a.attrelid = to_regclass(tab) and a.attname = col and not a.attisdropped
        where (a.attnum is null or a.atttypid <> all (types))
              and to_regclass(tab) is not null
        union all
        select format('index %s on %s is %s', name, tab, case
                      when i.indexrelid is null then 'missing'
                      when not i.indisvalid then 'invalid: its build was interrupted'
                      else actual || ', expected ' || wanted end)
        from (values ('recurd.ix_notifications_created_at', 'recurd.notifications',
                      'btree (created_at)'),
                     ('recurd.ix_decisions_template_id', 'recurd.decisions',
                      'btree (template_id, at)'),
                     ('recurd.ix_decisions_at', 'recurd.decisions', 'btree (at)'),
                     ('recurd.ix_template_tags_tag_id', 'recurd.template_tags', 'btree (tag_id)'))
             as w (name, tab, wanted)
        left join pg_index i on i.indexrelid = to_regclass(name) and i.indrelid = to_regclass(tab)
        cross join lateral (
            select case when i.indisunique then 'unique ' else '' end
                   || regexp_replace(pg_get_indexdef(i.indexrelid),
                                     '^.* USING | WITH \([^)]*\)', '', 'g')) as d (actual)
        where (actual = wanted and i.indisvalid) is not true
              and to_regclass(tab) is not null
        union all
        select format('constraint %s on %s is missing', name, tab)
        from (values ('pk_notifications', 'recurd.notifications', 'PRIMARY KEY (id)'),
                     ('uq_notifications_key', 'recurd.notifications', 'UNIQUE (key)'),
                     ('pk_decisions', 'recurd.decisions', 'PRIMARY KEY (id)'),
                     ('pk_workers', 'recurd.workers', 'PRIMARY KEY (id)'),
                     ('pk_template_tags', 'recurd.template_tags',
                      'PRIMARY KEY (recurring_task_id, tag_id)'),
                     ('fk_template_tags_recurring_task_id', 'recurd.template_tags',
                      'FOREIGN KEY (recurring_task_id) REFERENCES recurring_tasks(id) ON DELETE CASCADE'),
                     ('fk_template_tags_tag_id', 'recurd.template_tags',
                      'FOREIGN KEY (tag_id) REFERENCES tags(id) ON DELETE CASCADE'))
             as w (name, tab, wanted)
        where not exists (select from pg_constraint
                          where conrelid = to_regclass(tab) and conname = name and convalidated
                                and pg_get_constraintdef(oid) like wanted)
              and to_regclass(tab) is not null
        union all
        select format('function %s is missing', name)
        from (values ('recurd.unix_usec(timestamptz)'),
                     ('recurd.notification_key(text, text, timestamptz)'),
                     ('recurd.instance_id(text, timestamptz)')) as w (name)
        where to_regprocedure(name) is null
        union all
        select format('column %s.%s has no default', tab, col)
        from (values ('recurd.notifications', array['created_at']),
                     ('recurd.decisions', array['at']),
                     ('recurd.workers', array['generated', 'reminded', 'quarantined'])) as w (tab, cols)
        cross join lateral unnest(cols) as col
        join pg_attribute a on a.attrelid = to_regclass(tab) and a.attname = col and not a.attisdropped
        where not a.atthasdef
        union all
        select format('function %s runs with %s', name, case
                      when prosecdef and definer then 'another search_path, expected pg_catalog, pg_temp'
                      when definer then 'its caller''s rights, expected its owner''s'
                      else 'its owner''s rights, expected its caller''s' end)
        from (values ('recurd.unix_usec(timestamptz)', false), ('recurd.notification_key(text, text, timestamptz)', false), ('recurd.instance_id(text, timestamptz)', false)) as w (name, definer)
        join pg_proc on oid = to_regprocedure(name)
        where prosecdef <> definer or definer and not coalesce(proconfig && array['search_path=""', 'search_path=pg_catalog, pg_temp'], false)
        union all
        select format('column %s.%s may be null', tab, col)
        from (values ('recurd.notifications', array['key', 'kind', 'user_id', 'task_id', 'at', 'created_at']),
                     ('recurd.decisions', array['at', 'kind']),
                     ('recurd.workers', array['name', 'pid', 'version', 'started_at', 'seen_at', 'heartbeat', 'generated', 'reminded', 'quarantined'])) as w (tab, cols)
        cross join lateral unnest(cols) as col
        join pg_attribute a on a.attrelid = to_regclass(tab) and a.attname = col and not a.attisdropped
        where not a.attnotnull
    ) as p (problem);
    if problems is not null then
        raise exception '%', problems;
    end if;
end
$$;
