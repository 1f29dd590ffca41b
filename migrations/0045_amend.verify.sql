-- Names what is missing or differs; silent when all is there.
do $$
declare
    problems text;
begin
    select string_agg(format('function %s is missing, or not as 0045_amend makes it', name), e'\n') into problems
    from (values ('recurd.amend(text, timestamptz, text, jsonb, timestamptz)', '%used_count%'),
                 ('recurd.split(text, timestamptz, jsonb)', '%early%')) as w (name, words)
    where not exists (select from pg_proc where oid = to_regprocedure(name) and prosrc like words);
    if problems is not null then
        raise exception '%', problems;
    end if;
end
$$;
