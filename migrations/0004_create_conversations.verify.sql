-- Names what is missing or differs; silent when all is there.  More than that is fine.
-- needs: conversations messages CREATE
do $$
declare
    problems text;
begin
    select string_agg(problem, e'\n') into problems from (
        select format('table %s is missing', tab)
        from (values ('conversations'),
                     ('messages')) as w (tab)
        where to_regclass(tab) is null
        union all
        select format('column %s.%s is %s', tab, col,
                      coalesce(a.atttypid::regtype || ', expected '
                               || array_to_string(types, ' or '), 'missing'))
               || case when needed then ' [needed]' else '' end
        from (values ('conversations', '{uuid,text,varchar}', false, array['id', 'user_id']),
                     ('conversations', '{text,varchar}', false, array['title']),
                     ('conversations', '{timestamp,timestamptz}', false,
                      array['created_at', 'updated_at']),
                     ('messages', '{uuid,text,varchar}', false,
                      array['id', 'conversation_id', 'user_id']),
                     ('messages', '{text,varchar}', false, array['role', 'content']),
                     ('messages', '{json,jsonb}', false, array['tool_calls']),
                     ('messages', '{timestamp,timestamptz}', false, array['created_at']))
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
        from (values ('ix_conversations_user_id', 'conversations', 'btree (user_id)', false),
                     ('ix_conversations_user_id_created_at', 'conversations',
                      'btree (user_id, created_at)', false),
                     ('ix_messages_conversation_id', 'messages', 'btree (conversation_id)', false),
                     ('ix_messages_conversation_id_created_at', 'messages',
                      'btree (conversation_id, created_at)', false),
                     ('ix_messages_user_id', 'messages', 'btree (user_id)', false),
                     ('ix_messages_user_id_created_at', 'messages',
                      'btree (user_id, created_at)', false))
             as w (name, tab, wanted, needed)
        left join pg_index i on i.indexrelid = to_regclass(name) and i.indrelid = to_regclass(tab)
        cross join lateral (
            select case when i.indisunique then 'unique ' else '' end
                   || regexp_replace(pg_get_indexdef(i.indexrelid),
                                     '^.* USING | WITH \([^)]*\)', '', 'g')) as d (actual)
        where (actual = wanted and i.indisvalid) is not true
              and to_regclass(tab) is not null
        union all
        select format('constraint %s on %s is missing', name, tab)
               || case when needed then ' [needed]' else '' end
        from (values ('conversations_pkey', 'conversations', 'PRIMARY KEY (id)%', false),
                     ('messages_pkey', 'messages', 'PRIMARY KEY (id)%', false),
                     ('messages_conversation_id_fkey', 'messages',
                      'FOREIGN KEY (conversation_id) REFERENCES conversations(id)%', false))
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
