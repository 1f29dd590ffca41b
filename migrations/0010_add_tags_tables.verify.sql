-- Names what is missing or differs; silent when all is there.  More than that is fine.
-- [needed]: recurd does not work without it, and the up file does not make it good.
-- needs: tags task_tags CREATE
do $$
declare
    problems text;
begin
    select string_agg(problem, e'\n') into problems from (
        select format('table %s is missing', tab)
        from (values ('tags'),
                     ('task_tags')) as w (tab)
        where to_regclass(tab) is null
        union all
        select format('column %s.%s is %s', tab, col,
                      coalesce(a.atttypid::regtype || ', expected '
                               || array_to_string(types, ' or '), 'missing'))
               || case when needed then ' [needed]' else '' end
        from (values ('tags', '{text,varchar}', true, array['id']),
                     ('tags', '{text,varchar}', false, array['user_id', 'name', 'color']),
                     ('tags', '{timestamp,timestamptz}', false, array['created_at', 'updated_at']),
                     ('task_tags', '{text,varchar}', true, array['task_id', 'tag_id']),
                     ('task_tags', '{timestamp,timestamptz}', false, array['created_at']))
             as w (tab, type_list, needed, cols)
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
               || case when needed then ' [needed]' else '' end
        from (values ('ix_tags_user_id', 'tags', 'btree (user_id)', false),
                     ('ix_tags_user_id_name', 'tags', 'unique btree (user_id, name)', false),
                     ('ix_task_tags_task_id', 'task_tags', 'btree (task_id)', false),
                     ('ix_task_tags_tag_id', 'task_tags', 'btree (tag_id)', false),
                     ('ix_task_tags_task_tag', 'task_tags', 'unique btree (task_id, tag_id)', false))
             as w (name, tab, wanted, needed)
        left join pg_index i on i.indexrelid = to_regclass(name) and i.indrelid = to_regclass(tab)
        cross join lateral (
            select case when i.indisunique then 'unique ' else '' end
                   || regexp_replace(pg_get_indexdef(i.indexrelid),
                                     '^.* USING | WITH \([^)]*\)', '', 'g')) as d (actual)
        where (actual = wanted and i.indisvalid) is not true
              -- Its owner may drop what others cover, or hardly a query uses: recurctl preflight tells.
              and not (i.indexrelid is null and name in ('ix_task_tags_task_id', 'ix_task_tags_task_tag'))
              and to_regclass(tab) is not null
        union all
        select format('constraint %s on %s is missing', name, tab)
               || case when needed then ' [needed]' else '' end
        from (values ('pk_tags', 'tags', 'PRIMARY KEY (id)%', true),
                     ('fk_tags_user_id', 'tags',
                      'FOREIGN KEY (user_id) REFERENCES "user"(id)%', false),
                     ('pk_task_tags', 'task_tags', 'PRIMARY KEY (task_id, tag_id)%', false),
                     ('fk_task_tags_task_id', 'task_tags',
                      'FOREIGN KEY (task_id) REFERENCES tasks(id) ON DELETE CASCADE%', false),
                     ('fk_task_tags_tag_id', 'task_tags',
                      'FOREIGN KEY (tag_id) REFERENCES tags(id) ON DELETE CASCADE%', false))
             as w (name, tab, wanted, needed)
        where not exists (select from pg_constraint
                          where conrelid = to_regclass(tab) and convalidated
                                and pg_get_constraintdef(oid) like wanted)
              and to_regclass(tab) is not null
    ) as p (problem);
    if problems is not null then
        raise exception '%', problems;
    end if;
end
$$;
