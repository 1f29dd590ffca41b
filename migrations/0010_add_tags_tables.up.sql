-- Tags of a user, and which tasks bear them.
-- revision: 20250131_add_tags_tables
-- adopts: to_regclass('tags') is not null or to_regclass('task_tags') is not null

create table if not exists tags (
    id varchar not null,
    user_id varchar not null,
    name varchar(50) not null,
    color varchar(7) not null default '#007bff',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint pk_tags primary key (id),
    constraint fk_tags_user_id foreign key (user_id) references "user" (id)
);

create table if not exists task_tags (
    task_id varchar not null,
    tag_id varchar not null,
    created_at timestamptz not null default now(),
    constraint pk_task_tags primary key (task_id, tag_id),
    constraint fk_task_tags_task_id foreign key (task_id) references tasks (id) on delete cascade,
    constraint fk_task_tags_tag_id foreign key (tag_id) references tags (id) on delete cascade
);

create index concurrently if not exists ix_tags_user_id on tags (user_id);
create unique index concurrently if not exists ix_tags_user_id_name on tags (user_id, name);
create index concurrently if not exists ix_task_tags_task_id on task_tags (task_id);
create index concurrently if not exists ix_task_tags_tag_id on task_tags (tag_id);
create unique index concurrently if not exists ix_task_tags_task_tag on task_tags (task_id, tag_id);
