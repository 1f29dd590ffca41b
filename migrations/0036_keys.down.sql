-- An older worker knows the former keys alone: what was told since under a newer one, and comes again, it tells again.
-- The rows keep their keys, by which consumers know what is done; "migrate up" goes by them.
create or replace function recurd.notification_key(kind text, id text, instant timestamptz) returns text
    language sql stable parallel safe
    return pg_catalog.encode(pg_catalog.substr(pg_catalog.sha256(
        pg_catalog.convert_to(kind, 'UTF8') || '\x00'::bytea
        || pg_catalog.convert_to(id, 'UTF8') || '\x00'::bytea
        || pg_catalog.convert_to(recurd.unix_usec(instant)::text, 'UTF8')), 1, 16), 'hex');
drop function recurd.keys_from();
drop trigger recurd_settings_made on recurd.settings;
drop function recurd.settings_made();
update recurd.settings set compatible_from = 29 where compatible_from = 36;
