-- What recurd tells (notifications), what it did not simply make (decisions), who works (workers),
-- and the tags that a template gives to its instances.

create table recurd.notifications (
    id bigint generated always as identity constraint pk_notifications primary key,
    key text not null constraint uq_notifications_key unique,  -- derived from what it tells: deduplicate by it
    kind text not null,                                        -- task_created, reminder
    user_id text not null,
    task_id text not null,
    template_id text,                                          -- the recurring task; null for plain reminders
    at timestamptz not null,                                   -- the occurrence, or remind_at
    created_at timestamptz not null default recurd.now()
);
create index ix_notifications_created_at on recurd.notifications (created_at);

create table recurd.decisions (
    id bigint generated always as identity constraint pk_decisions primary key,
    at timestamptz not null default recurd.now(),
    kind text not null,             -- dropped, paused, adopted, quarantined, ended, replanned
    template_id text not null,
    first_at timestamptz,           -- the occurrences concerned
    last_at timestamptz,
    occurrences bigint,
    detail text
);
create index ix_decisions_template_id on recurd.decisions (template_id, at);
create index ix_decisions_at on recurd.decisions (at);

create table recurd.workers (
    id text constraint pk_workers primary key,   -- drawn at the worker's start
    name text not null,
    pid integer not null,
    version text not null,
    started_at timestamptz not null,
    seen_at timestamptz not null,
    heartbeat interval not null,                 -- missing for three of them: presumed dead
    generated bigint not null default 0,
    reminded bigint not null default 0,
    quarantined bigint not null default 0
);

create table recurd.template_tags (
    recurring_task_id varchar not null
        constraint fk_template_tags_recurring_task_id references recurring_tasks (id) on delete cascade,
    tag_id varchar not null
        constraint fk_template_tags_tag_id references tags (id) on delete cascade,
    constraint pk_template_tags primary key (recurring_task_id, tag_id)
);
create index ix_template_tags_tag_id on recurd.template_tags (tag_id);

-- The ids and keys that the daemon derives, for those who want to compute them in SQL.  STABLE, as
-- convert_to is: declared immutable they would not be inlined, and cost five times as much.
create function recurd.unix_usec(instant timestamptz) returns bigint
    language sql immutable strict parallel safe
    return (extract(epoch from instant) * 1000000)::bigint;

create function recurd.notification_key(kind text, id text, instant timestamptz) returns text
    language sql stable parallel safe
    return pg_catalog.encode(pg_catalog.substr(pg_catalog.sha256(
        pg_catalog.convert_to(kind, 'UTF8') || '\x00'::bytea
        || pg_catalog.convert_to(id, 'UTF8') || '\x00'::bytea
        || pg_catalog.convert_to(recurd.unix_usec(instant)::text, 'UTF8')), 1, 16), 'hex');

-- UUIDv8: 48 bits of Unix milliseconds, then the first bits of a hash of template and occurrence.
create function recurd.instance_id(template_id text, occurrence timestamptz) returns text
    language sql stable parallel safe
    return (with h as (
        select pg_catalog.sha256(pg_catalog.convert_to('task', 'UTF8') || '\x00'::bytea
                   || pg_catalog.convert_to(template_id, 'UTF8') || '\x00'::bytea
                   || pg_catalog.convert_to(recurd.unix_usec(occurrence)::text, 'UTF8')) as d,
               pg_catalog.lpad(pg_catalog.to_hex(
                   floor(recurd.unix_usec(occurrence) / 1000.0)::bigint & 281474976710655), 12, '0') as ms)
        select pg_catalog.substr(ms, 1, 8) || '-' || pg_catalog.substr(ms, 9, 4) || '-8'
            || pg_catalog.substr(pg_catalog.encode(pg_catalog.substr(d, 1, 2), 'hex'), 2, 3) || '-'
            || pg_catalog.to_hex(8 + pg_catalog.get_byte(d, 2) / 16 % 4)
            || pg_catalog.substr(pg_catalog.encode(pg_catalog.substr(d, 3, 2), 'hex'), 2, 3) || '-'
            || pg_catalog.encode(pg_catalog.substr(d, 5, 6), 'hex')
        from h);
