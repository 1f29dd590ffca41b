-- The application's users.  Ids become text in 0005.
-- revision: ea3540bc87e7
-- adopts: to_regclass('"user"') is not null
--
-- Application tables are named without a schema: run with search_path set to theirs (recurctl does).
-- 0001 to 0011 complete what is partly there: what exists is left as it is.  Indexes of the
-- application's tables are built concurrently, because an adopted table may be large: psql must run
-- these files without -1.

create table if not exists "user" (
    email varchar(255) not null,
    name varchar(100) not null,
    id uuid not null,
    hashed_password varchar,
    "emailVerified" boolean not null default false,
    image varchar,
    "createdAt" timestamp not null,
    "updatedAt" timestamp not null,
    constraint user_pkey primary key (id)
);

create unique index concurrently if not exists ix_user_email on "user" (email);
