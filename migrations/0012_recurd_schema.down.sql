drop table recurd.settings;
drop function recurd.now();

-- recurctl keeps its record of the steps in the schema, and drops both below step 1.
do $$
begin
    if to_regclass('recurd.migrations') is null then
        drop schema recurd;
    end if;
end
$$;
