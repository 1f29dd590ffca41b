-- Names what is missing or differs; silent when all is there.  More than that is fine.
-- needs: tasks CREATE
do $$
declare
    problems text;
begin
    select string_agg(problem, e'\n') into problems from (
        select format('index %s on %s is %s', name, tab, case
                      when i.indexrelid is null then 'missing'
                      when not i.indisvalid then 'invalid: its build was interrupted'
                      else actual || ', expected ' || wanted end)
        from (values ('ux_tasks_repeat_of', 'tasks',
                      'unique btree (repeat_of) WHERE (repeat_of IS NOT NULL)'))
             as w (name, tab, wanted)
        left join pg_index i on i.indexrelid = to_regclass(name) and i.indrelid = to_regclass(tab)
        cross join lateral (
            select case when i.indisunique then 'unique ' else '' end
                   || regexp_replace(pg_get_indexdef(i.indexrelid),
                                     '^.* USING | WITH \([^)]*\)', '', 'g')) as d (actual)
        where (actual = wanted and i.indisvalid) is not true
    ) as p (problem);
    if problems is not null then
        raise exception '%', problems;
    end if;
end
$$;
