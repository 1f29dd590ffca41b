-- The sequences of recurd's identity columns: a change-over by logical replication, or a restore of rows
-- alone, leaves them behind their tables, and then every id that they give is taken.  A worker that
-- meets that puts them right, for which setval asks for this right; what stands behind now is put right
-- here.

do $$
declare
    tab regclass;
    seq text;
begin
    foreach tab in array array['recurd.notifications', 'recurd.decisions']::regclass[] loop
        seq := pg_get_serial_sequence(tab::text, 'id');
        execute format('grant update on sequence %s to recurd_worker', seq);
        execute format('select setval(%L, m.id) from (select max(id) as id from %s) as m, %1$s as s'
                       ' where m.id >= s.last_value + s.is_called::integer', seq, tab);
    end loop;
end
$$;
