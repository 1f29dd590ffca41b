-- An identity that was dropped goes on behind the rows that are there.
do $$
begin
    if exists (select from pg_attribute
                where attrelid = to_regclass('recurd.changes') and attname = 'id' and not attisdropped
                      and attidentity = '') then
        alter table recurd.changes alter id add generated always as identity;
        perform setval(pg_get_serial_sequence('recurd.changes', 'id'), max(id)) from recurd.changes;
    end if;
end
$$;
