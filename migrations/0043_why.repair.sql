-- An identity that was dropped: it goes on behind the rows that are there.
do $$
begin
    if pg_get_serial_sequence('recurd.changes', 'id') is null then
        alter table recurd.changes alter id add generated always as identity;
        perform setval(pg_get_serial_sequence('recurd.changes', 'id'), max(id)) from recurd.changes having max(id) > 0;
    end if;
end
$$;
