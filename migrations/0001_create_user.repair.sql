-- As 0005 leaves it: ids of uuid would fit none of the keys that refer to them.
create table if not exists "user" (
    email varchar(255) not null,
    name varchar(100) not null,
    id text not null,
    hashed_password varchar,
    "emailVerified" boolean not null default false,
    image varchar,
    "createdAt" timestamp not null,
    "updatedAt" timestamp not null,
    constraint user_pkey primary key (id)
);

do $$
begin
    -- Before 0005, table user has the ids that tasks have.
    if exists (select from pg_attribute where attrelid = to_regclass('tasks') and attname = 'user_id'
                                              and atttypid = 'uuid'::regtype and not attisdropped) then
        alter table "user" alter column id type uuid using id::uuid;
    end if;
end
$$;
