-- The application's tasks.  Ids become text in 0005; created_at and updated_at are UTC by convention and,
-- like is_complete, without defaults: whoever inserts sets them.
-- revision: ba7aa1f810b4
-- adopts: to_regclass('tasks') is not null

-- Where the authentication library made "user" with ids of text already, there is no uuid to begin with.
do $$
begin
    if to_regclass('tasks') is null then
        execute format('
            create table tasks (
                title varchar(200) not null,
                description varchar(2000),
                id %1$s not null,
                is_complete boolean not null,
                user_id %1$s not null,
                created_at timestamp not null,
                updated_at timestamp not null,
                constraint tasks_pkey primary key (id),
                constraint tasks_user_id_fkey foreign key (user_id) references "user" (id)
            )', (select format_type(atttypid, atttypmod) from pg_attribute
                 where attrelid = '"user"'::regclass and attname = 'id'));
    end if;
end
$$;

create index concurrently if not exists ix_tasks_is_complete on tasks (is_complete);
create index concurrently if not exists ix_tasks_user_id on tasks (user_id);
