-- What the block of the up file makes.
alter table tasks add constraint tasks_user_id_fkey foreign key (user_id) references "user" (id);
