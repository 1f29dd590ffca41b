-- Schema recurd: its clock, its settings.

create schema if not exists recurd;

-- The only clock for business time.  STABLE and one expression, so that it is inlined and indexes on
-- instants serve; a test or a rehearsal replaces it by pg_catalog.now() plus a literal interval.
create function recurd.now() returns timestamptz
    language sql stable parallel safe
    return pg_catalog.now();

-- One row.  live_since: when the first worker ever started; reminders and stale templates from before
-- it are not recurd's to tell.  compatible_from: the oldest schema level (number of a migration) that
-- a daemon must know to work on this schema.
create table recurd.settings (
    singleton boolean not null default true constraint pk_settings primary key
        constraint ck_settings_singleton check (singleton),
    live_since timestamptz,
    compatible_from integer not null default 12
);
insert into recurd.settings default values;
