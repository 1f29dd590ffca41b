revoke all on all tables in schema recurd from recurd_worker, recurd_reader;
revoke usage on schema recurd from recurd_worker, recurd_reader;
-- Takes the rights on single columns as well.
revoke all on recurring_tasks, tasks, task_tags from recurd_worker;

do $$
begin
    execute format('revoke usage on schema %I from recurd_worker', current_schema());
end
$$;

-- The roles belong to the whole cluster: one that has members, or rights in another database, stays.
do $$
declare
    name text;
begin
    foreach name in array array['recurd_worker', 'recurd_reader'] loop
        begin
            if not exists (select from pg_auth_members m
                           join pg_roles r on r.oid = m.roleid where r.rolname = name) then
                execute format('drop role if exists %I', name);
            end if;
        exception
            when dependent_objects_still_exist or insufficient_privilege then
                raise warning 'role % stays: it is used elsewhere, or not yours to drop', name;
        end;
    end loop;
end
$$;
