-- An identity that was dropped; the up file puts its sequence right.
do $$
declare
    tab regclass;
begin
    foreach tab in array array['recurd.notifications', 'recurd.decisions']::regclass[] loop
        if pg_get_serial_sequence(tab::text, 'id') is null then
            execute format('alter table %s alter id add generated always as identity', tab);
            execute format('grant update on sequence %s to recurd_worker', pg_get_serial_sequence(tab::text, 'id'));
        end if;
    end loop;
end
$$;
