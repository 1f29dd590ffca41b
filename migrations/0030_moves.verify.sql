-- Names what is missing or differs; silent when all is there.
do $$
begin
    if not exists (select from pg_proc where oid = to_regprocedure('recurd.preferences_changed()')
                          and prosrc like '%-infinity%') then
        raise exception 'function recurd.preferences_changed() is missing, or not as 0030_moves makes it';
    end if;
end
$$;
