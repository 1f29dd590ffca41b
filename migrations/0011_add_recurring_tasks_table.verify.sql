-- Names what is missing or differs; silent when all is there.  More than that is fine.
-- [needed]: recurd does not work without it, and the up file does not make it good.
-- needs: recurring_tasks CREATE
do $$
declare
    problems text;
begin
    select string_agg(problem, e'\n') into problems from (
        select format('table %s is missing', tab)
        from (values ('recurring_tasks')) as w (tab)
        where to_regclass(tab) is null
        union all
        select format('column %s.%s is %s', tab, col,
                      coalesce(a.atttypid::regtype || ', expected '
                               || array_to_string(types, ' or '), 'missing'))
               || case when needed then ' [needed]' else '' end
        from (values ('recurring_tasks', '{text,varchar}', true,
                      array['id', 'user_id', 'title', 'description', 'priority']),
                     ('recurring_tasks', '{jsonb}', true, array['recurrence_rule']),
                     ('recurring_tasks', '{timestamptz}', true, array['next_due_at', 'created_at']),
                     ('recurring_tasks', '{boolean}', true, array['is_active']),
                     ('recurring_tasks', '{timestamp,timestamptz}', false, array['updated_at']))
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
        from (values ('ix_recurring_tasks_user_id', 'recurring_tasks', 'btree (user_id)', false),
                     ('ix_recurring_tasks_user_id_next_due_at', 'recurring_tasks',
                      'btree (user_id, next_due_at)', false),
                     ('ix_recurring_tasks_is_active', 'recurring_tasks', 'btree (is_active)', false),
                     ('ix_recurring_tasks_recurrence_rule', 'recurring_tasks',
                      'gin (recurrence_rule)', false))
             as w (name, tab, wanted, needed)
        left join pg_index i on i.indexrelid = to_regclass(name) and i.indrelid = to_regclass(tab)
        cross join lateral (
            select case when i.indisunique then 'unique ' else '' end
                   || regexp_replace(pg_get_indexdef(i.indexrelid),
                                     '^.* USING | WITH \([^)]*\)', '', 'g')) as d (actual)
        where (actual = wanted and i.indisvalid) is not true
              -- Its owner may drop what others cover, or hardly a query uses: recurctl preflight tells.
              and not (i.indexrelid is null and name in ('ix_recurring_tasks_user_id', 'ix_recurring_tasks_is_active'))
              and to_regclass(tab) is not null
        union all
        select format('constraint %s on %s is missing', name, tab)
               || case when needed then ' [needed]' else '' end
        from (values ('pk_recurring_tasks', 'recurring_tasks', 'PRIMARY KEY (id)%', true),
                     ('fk_recurring_tasks_user_id', 'recurring_tasks',
                      'FOREIGN KEY (user_id) REFERENCES "user"(id)%', false),
                     ('ck_recurring_tasks_priority_valid', 'recurring_tasks',
                      'CHECK%priority%low%medium%high%urgent%', false))
             as w (name, tab, wanted, needed)
        where not exists (select from pg_constraint
                          where conrelid = to_regclass(tab) and convalidated
                                and pg_get_constraintdef(oid) like wanted)
              and to_regclass(tab) is not null
        union all
        select format('function %s is missing', name)
        from (values ('update_recurring_tasks_updated_at()')) as w (name)
        where to_regprocedure(name) is null
        union all
        select format('trigger %s on %s is missing or disabled', name, tab)
        from (values ('trigger_update_recurring_tasks_updated_at', 'recurring_tasks')) as w (name, tab)
        where not exists (select from pg_trigger
                          where tgrelid = to_regclass(tab) and tgname = name and tgenabled <> 'D')
              and exists (select from pg_attribute  -- without the column, made by hand: no trigger
                          where attrelid = to_regclass(tab) and attname = 'updated_at'
                                and not attisdropped)
    ) as p (problem);
    if problems is not null then
        raise exception '%', problems;
    end if;
end
$$;
