-- Keys of notifications that begin with time, so that new ones meet the pages that are in memory: 12 hex digits of the
-- event's Unix milliseconds, then 20 of the hash.  Which format an event has follows from its instant alone:
-- before recurd.keys_from() the former, all of the hash.
--
-- No event is told under both.  What an older worker told is there before this step has its lock, because a batch
-- holds one on recurd.notifications from its insert to its end; so its instant lies before keys_from, which is
-- chosen then, and every newer worker gives it the former key.  A batch of an older worker that inserts later
-- waits for the lock, and its last statement before COMMIT finds compatible_from: it is rolled back.  What a
-- newer worker told under the newer format, before a "migrate down" or in the database that the rows come from,
-- is looked for under both keys where it lies before keys_from.  Where nobody was ever at work there
-- is nothing that could come again: all keys are of the newer format.
--
-- The block may run again (migrate repair): keys_from stays unless an older worker told what lies behind it, in the
-- database that the rows were copied from; then it moves behind all that was told.

do $$
declare
    known timestamptz;
    hashed timestamptz;  -- the last event with a key of the former format
    timed timestamptz;   -- the first one of the newer
    next timestamptz;
begin
    lock table recurd.notifications in share row exclusive mode;
    perform pg_catalog.set_config('datestyle', 'ISO', true);
    if pg_catalog.to_regprocedure('recurd.keys_from()') is not null then
        begin
            execute 'select recurd.keys_from()' into known;
        exception when others then
            known := null; -- somebody replaced it
        end;
    end if;
    -- Cheap, because nobody tells anything meanwhile: from 1970 to 2109 keys of the newer format begin with 00 to 03.
    select max(n.at) filter (where not n.newer and pg_catalog.octet_length(n.key) = 32),
           min(n.at) filter (where n.newer)
      into hashed, timed
      from (select at, key,
                   (key collate "C" < '04' or at < '1970-01-01 00:00:00+00' or at >= '2109-01-01 00:00:00+00')
                   and pg_catalog.left(key, 12) = pg_catalog.lpad(pg_catalog.to_hex(
                       pg_catalog.floor(extract(epoch from at) * 1000)::bigint & 281474976710655), 12, '0') as newer
              from recurd.notifications
             where pg_catalog.isfinite(at)) as n;
    next := case when known >= coalesce(hashed + interval '1 us', '-infinity') then known
                 when hashed is null and timed is null
                      and not exists (select from recurd.settings where live_since is not null) then '-infinity'
                 when timed > coalesce(hashed, '-infinity') then timed
                 else pg_catalog.date_trunc('milliseconds', greatest(
                          hashed, pg_catalog.clock_timestamp(),
                          recurd.now() + (pg_catalog.clock_timestamp() - pg_catalog.now())))
                      + interval '1 ms' end;
    execute pg_catalog.format($create$
        create or replace function recurd.keys_from() returns timestamptz
            language sql stable parallel safe
            return %L::timestamptz
    $create$, next);
    -- What lies beyond 64 bits of microseconds the daemon takes for infinite.
    execute $create$
        create or replace function recurd.notification_key(kind text, id text, instant timestamptz) returns text
            language sql stable parallel safe
            return pg_catalog.left(
                case when instant < recurd.keys_from() then ''
                     else pg_catalog.lpad(pg_catalog.to_hex(
                              case when instant >= '294247-01-01 00:00:00+00' then 9223372036854775
                                   when instant = '-infinity' then -9223372036854776
                                   else pg_catalog.floor(extract(epoch from instant) * 1000)::bigint end
                              & 281474976710655), 12, '0') end
                || pg_catalog.encode(pg_catalog.sha256(
                    pg_catalog.convert_to(kind, 'UTF8') || '\x00'::bytea
                    || pg_catalog.convert_to(id, 'UTF8') || '\x00'::bytea
                    || pg_catalog.convert_to(
                           case when instant >= '294247-01-01 00:00:00+00' then '9223372036854775807'
                                when instant = '-infinity' then '-9223372036854775808'
                                else recurd.unix_usec(instant)::text end, 'UTF8')), 'hex'), 32)
    $create$;
    update recurd.settings set compatible_from = greatest(compatible_from, 36);
end
$$;

-- A row that is made anew lets no older worker go on, either.
create function recurd.settings_made() returns trigger
    language plpgsql set search_path = ''
as $$
begin
    new.compatible_from := greatest(new.compatible_from, 36);
    return new;
end
$$;
revoke all on function recurd.settings_made() from public;

create trigger recurd_settings_made before insert on recurd.settings
    for each row execute function recurd.settings_made();

-- Its own right, because everybody's may go at any time.
grant execute on function recurd.keys_from() to recurd_worker, recurd_reader;
