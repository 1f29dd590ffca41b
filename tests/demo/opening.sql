-- The demo's own notes, from which its closing table is computed; recurd knows nothing of them.
create schema demo;

-- How far recurd.now() runs ahead of the machine's clock, and since when.
create table demo.clock (since timestamptz not null default clock_timestamp(), ahead interval not null);

-- What must be made: the local times that a rule gives, as PostgreSQL's own calendar has them.
create table demo.expected (
    template_id text primary key,
    first timestamp not null,              -- local time
    zone text not null,
    step interval,                         -- null: only the first
    until timestamptz                      -- paused since; null: to this day
);

-- When nobody worked, or (of one template) while its rule was broken: what came due then is caught up, not late.
create table demo.down (template_id text, since timestamptz not null, until timestamptz not null);

insert into "user" (id, email, name, "emailVerified", "createdAt", "updatedAt")
values ('ada', 'ada@example.org', 'Ada', true, now(), now());
