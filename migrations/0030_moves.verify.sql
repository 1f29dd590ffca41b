-- Names what is missing or differs; silent when all is there.
do $$
declare
    problems text;
begin
    select string_agg(format('function %s is missing, or not as 0030_moves makes it', name), e'\n')
      into problems
      from (values ('recurd.preferences_changed()', '%-infinity%'), ('recurd.template_changed()', '%rule_but_zone%'),
                   ('recurd.rule_but_zone(jsonb)', '%')) as w (name, words)
     where not exists (select from pg_proc where oid = to_regprocedure(name) and prosrc like words);
    if exists (select from pg_proc where oid = to_regprocedure('recurd.rule_but_zone(jsonb)') and prosecdef) then
        problems := concat_ws(e'\n', problems,
            'function recurd.rule_but_zone(jsonb) runs with its owner''s rights, expected its caller''s');
    end if;
    if problems is not null then
        raise exception '%', problems;
    end if;
end
$$;
