-- The application's chat, which recurd never touches: a fresh database has it so that it matches an
-- adopted one.  Both user_id stay uuid, and a uuid cannot reference the text that "user".id becomes
-- in 0005: so there is no foreign key to "user".
-- revision: 003_add_conversation_tables
-- adopts: to_regclass('conversations') is not null or to_regclass('messages') is not null
--
-- A database that is past this step and has no chat is left without one.
-- leave: exists (select from pg_attribute where attrelid = coalesce(to_regclass('tasks'), to_regclass('"user"')) and attname = 'id' and atttypid <> 'uuid'::regtype)

create table if not exists conversations (
    id uuid not null,
    user_id uuid not null,
    title varchar(255),
    created_at timestamp not null,
    updated_at timestamp not null,
    constraint conversations_pkey primary key (id)
);
create index if not exists ix_conversations_user_id on conversations (user_id);
create index if not exists ix_conversations_user_id_created_at on conversations (user_id, created_at);

create table if not exists messages (
    id uuid not null,
    conversation_id uuid not null,
    user_id uuid not null,
    role varchar not null,
    content varchar not null,
    tool_calls json,
    created_at timestamp not null,
    constraint messages_pkey primary key (id),
    constraint messages_conversation_id_fkey foreign key (conversation_id)
        references conversations (id)
);
create index if not exists ix_messages_conversation_id on messages (conversation_id);
create index if not exists ix_messages_conversation_id_created_at
    on messages (conversation_id, created_at);
create index if not exists ix_messages_user_id on messages (user_id);
create index if not exists ix_messages_user_id_created_at on messages (user_id, created_at);
