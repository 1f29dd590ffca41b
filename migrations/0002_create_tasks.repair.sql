-- What the block of the up file makes, one by one; ids as 0005 leaves them.
alter table tasks
    add column title varchar(200) not null,
    add column description varchar(2000),
    add column id text not null,
    add column is_complete boolean not null,
    add column user_id text not null,
    add column created_at timestamp not null,
    add column updated_at timestamp not null,
    add constraint tasks_pkey primary key (id),
    add constraint tasks_user_id_fkey foreign key (user_id) references "user" (id);
