-- The application's tasks.  Ids become text in 0005; created_at and updated_at are UTC by convention and,
-- like is_complete, without defaults: whoever inserts sets them.
-- revision: ba7aa1f810b4
-- adopts: to_regclass('tasks') is not null

create table if not exists tasks (
    title varchar(200) not null,
    description varchar(2000),
    id uuid not null,
    is_complete boolean not null,
    user_id uuid not null,
    created_at timestamp not null,
    updated_at timestamp not null,
    constraint tasks_pkey primary key (id),
    constraint tasks_user_id_fkey foreign key (user_id) references "user" (id)
);

create index concurrently if not exists ix_tasks_is_complete on tasks (is_complete);
create index concurrently if not exists ix_tasks_user_id on tasks (user_id);
