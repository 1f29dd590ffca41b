do $$
declare
    tab regclass;
begin
    foreach tab in array array['recurd.notifications', 'recurd.decisions']::regclass[] loop
        execute format('revoke all on sequence %s from recurd_worker',
                       pg_get_serial_sequence(tab::text, 'id'));
    end loop;
end
$$;
