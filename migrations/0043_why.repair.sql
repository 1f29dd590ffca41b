-- An identity that was dropped goes on behind the rows that are there.
do $$
begin
    if exists (select from pg_attribute
                where attrelid = to_regclass('recurd.changes') and attname = 'id' and not attisdropped
                      and attidentity = '') then
        alter table recurd.changes alter id add generated always as identity;
        perform setval(pg_get_serial_sequence('recurd.changes', 'id'), max(id)) from recurd.changes;
        -- What the up file has given; of the sequence nobody but its owner has a right.
        grant select, update (at), delete on recurd.changes to recurd_worker;
    end if;
end
$$;
