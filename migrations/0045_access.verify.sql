-- Names what is missing or differs; silent when all is there.  More than that is fine.
-- needs: tasks recurring_tasks tags task_tags
do $$
declare
    open_ones text[] := array[
                'recurd.session_user_id(text)', 'recurd.token_keys()', 'recurd.api_feed_create(text, jsonb, text)',
                'recurd.api_feed_list(text, jsonb)', 'recurd.api_feed_revoke(text, text)', 'recurd.feed_open(text)',
                'recurd.feed_tasks(text, timestamptz, timestamptz, integer)',
                'recurd.feed_templates(text, timestamptz, integer)'];
    inner_ones text[] := array['recurd.feed_shown(text, text, text, timestamptz, timestamptz)'];
    problems text;
begin
    select string_agg(problem, e'\n') into problems from (
        select 'table recurd.calendar_feeds is missing' as problem
        where to_regclass('recurd.calendar_feeds') is null
        union all
        select format('column %s.%s is %s', tab, col,
                      coalesce(a.atttypid::regtype || ', expected '
                               || array_to_string(types, ' or '), 'missing'))
        from (values ('recurd.calendar_feeds', '{text,varchar}', array['id', 'user_id', 'name', 'tag_id', 'created_by']),
                     ('recurd.calendar_feeds', '{bytea}', array['secret_hash']),
                     ('recurd.calendar_feeds', '{timestamptz}', array['created_at', 'fetched_at']))
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
        from (values ('recurd.ux_calendar_feeds_secret_hash', 'recurd.calendar_feeds', 'unique btree (secret_hash)'),
                     ('recurd.ix_calendar_feeds_user_id', 'recurd.calendar_feeds', 'btree (user_id, created_at, id)'))
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
        from (values ('pk_calendar_feeds', 'recurd.calendar_feeds', 'PRIMARY KEY (id)'),
                     ('fk_calendar_feeds_user_id', 'recurd.calendar_feeds', 'FOREIGN KEY (user_id)%ON DELETE CASCADE%'),
                     ('ck_calendar_feeds_secret_hash', 'recurd.calendar_feeds', 'CHECK%'),
                     ('ck_calendar_feeds_name', 'recurd.calendar_feeds', 'CHECK%'))
             as w (name, tab, wanted)
        where to_regclass(tab) is not null
              and not exists (select from pg_constraint
                              where conrelid = to_regclass(tab) and conname = name and convalidated
                                    and pg_get_constraintdef(oid) like wanted)
        union all
        select format('column %s.%s has no default', tab, col)
        from (values ('recurd.calendar_feeds', array['id', 'created_at', 'created_by'])) as w (tab, cols)
        cross join lateral unnest(cols) as col
        join pg_attribute a on a.attrelid = to_regclass(tab) and a.attname = col and not a.attisdropped
        where not a.atthasdef
        union all
        select format('column %s.%s may be null', tab, col)
        from (values ('recurd.calendar_feeds', array['user_id', 'secret_hash', 'created_at'])) as w (tab, cols)
        cross join lateral unnest(cols) as col
        join pg_attribute a on a.attrelid = to_regclass(tab) and a.attname = col and not a.attisdropped
        where not a.attnotnull
        union all
        select format('function %s is missing', name)
        from unnest(open_ones || inner_ones) as name
        where to_regprocedure(name) is null
        union all
        -- One line for all of them, see 0040_api.
        select format('function %s%s may be executed by everybody', min(name),
                      case when count(*) > 1 then format(' and %s more', count(*) - 1) end)
        from unnest(open_ones || inner_ones) as name
        where has_function_privilege('public', to_regprocedure(name), 'execute')
        having count(*) > 0
        union all
        select format('role recurd_web may not execute %s%s', min(name),
                      case when count(*) > 1 then format(' and %s more', count(*) - 1) end)
        from unnest(open_ones) as name
        join pg_proc on oid = to_regprocedure(name)
        where to_regrole('recurd_web') is not null
              and not exists (select from aclexplode(proacl) where grantee = to_regrole('recurd_web'))
        having count(*) > 0
        union all
        select format('role recurd_web may not select from %s', tab)
        from unnest(array['recurd.settings', 'recurd.calendars', 'recurd.calendar_days']) as tab
        where to_regrole('recurd_web') is not null and to_regclass(tab) is not null
              and has_table_privilege(to_regrole('recurd_web'), to_regclass(tab), 'select') is not true
        union all
        -- Their bodies have the name of the application's schema, which may have been renamed.
        select format('function %s does not fit the tables: they are in another schema', name)
        from unnest(open_ones) as name
        join pg_proc on oid = to_regprocedure(name)
        where prosrc ~ '[.](tasks|recurring_tasks|tags|task_tags|"session"|"jwks") as'
              and position(format('%I.', current_schema()) in prosrc) = 0
        union all
        -- With pg_temp last: left out it is looked through first.
        select format('function %s runs with %s', name, case
                      when prosecdef and definer then 'another search_path, expected pg_catalog, pg_temp'
                      when definer then 'its caller''s rights, expected its owner''s'
                      else 'its owner''s rights, expected its caller''s' end)
        from (select name, true from unnest(open_ones) as name
              union all
              select name, false from unnest(inner_ones) as name) as w (name, definer)
        join pg_proc on oid = to_regprocedure(name)
        where prosecdef <> definer
              or definer and not coalesce(proconfig @> array['search_path=pg_catalog, pg_temp'], false)
    ) as p (problem);
    if problems is not null then
        raise exception '%', problems;
    end if;
end
$$;
