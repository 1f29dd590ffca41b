-- needs: recurring_tasks tasks
do $verify$
declare
    missing text;
begin
    select pg_catalog.string_agg(w.kind || ' recurd.' || w.name, ', ')
    into missing
    from (values ('view', 'upcoming'), ('view', 'status'), ('view', 'worker_states')) as w (kind, name)
    where pg_catalog.to_regclass('recurd.' || w.name) is null;
    select pg_catalog.concat_ws(', ', missing, pg_catalog.string_agg('function recurd.' || f.name, ', '))
    into missing
    from (values ('upcoming_rows()'), ('status_row()')) as f (name)
    where pg_catalog.to_regprocedure('recurd.' || f.name) is null;
    if missing <> '' then
        raise exception 'missing: %', missing;
    end if;
    -- The functions hold their statements as text: only a call tells whether they still fit the tables.
    begin
        perform from recurd.upcoming limit 0;
        perform from recurd.status limit 0;
    exception
        when undefined_table or undefined_column or undefined_function or invalid_schema_name
             or invalid_function_definition then
            raise exception 'recurd.upcoming and recurd.status do not fit the tables (%): undo this step, and apply'
                            ' it again', sqlerrm;
    end;
end
$verify$;
