-- Fails, and changes nothing, where an id is no UUID.
alter table tasks drop constraint if exists tasks_user_id_fkey;
alter table tasks
    alter column id type uuid using id::uuid,
    alter column user_id type uuid using user_id::uuid;
alter table "user" alter column id type uuid using id::uuid;
alter table tasks add constraint tasks_user_id_fkey foreign key (user_id) references "user" (id);
