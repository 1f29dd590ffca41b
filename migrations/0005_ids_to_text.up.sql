-- Ids of users and tasks from uuid to text, as the authentication library of the applications has them.
-- Rewrites both tables under an exclusive lock, once; a column that is no uuid is left as it is.
-- revision: 5b9aae697899
-- adopts: exists (select from pg_attribute where attrelid = coalesce(to_regclass('tasks'), to_regclass('"user"')) and attname = 'id' and atttypid <> 'uuid'::regtype)

do $$
declare
    found record;
begin
    for found in
        select attrelid::regclass as tab, array_agg(attname order by attnum) as columns
        from pg_attribute
        where atttypid = 'uuid'::regtype
              and (attrelid = to_regclass('"user"') and attname = 'id'
                   or attrelid = to_regclass('tasks') and attname in ('id', 'user_id'))
        group by attrelid
    loop
        alter table tasks drop constraint if exists tasks_user_id_fkey;
        execute format('alter table %s %s', found.tab,
                       (select string_agg(format('alter column %I type text using %1$I::text', name), ', ')
                        from unnest(found.columns) as name));
    end loop;
    if not exists (select from pg_constraint
                   where contype = 'f' and conrelid = 'tasks'::regclass
                         and confrelid = '"user"'::regclass) then
        alter table tasks add constraint tasks_user_id_fkey
            foreign key (user_id) references "user" (id);
    end if;
end
$$;
