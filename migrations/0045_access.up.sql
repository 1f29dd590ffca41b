-- Who asks the web face: sessions and keys that Better Auth keeps in this database, and addresses of calendars.
--
-- Role recurd_web may execute these and sees none of the tables behind them.  Those of Better Auth need not be there:
-- their names are looked up when one of the functions runs, and it says then what is missing.

create table recurd.calendar_feeds (
    id text constraint pk_calendar_feeds primary key default pg_catalog.gen_random_uuid()::text,
    user_id text not null
        constraint fk_calendar_feeds_user_id references "user" (id) on delete cascade,
    secret_hash bytea not null                           -- SHA-256 of what stands in the address, which nobody keeps
        constraint ck_calendar_feeds_secret_hash check (octet_length(secret_hash) = 32),
    name text                                            -- as calendar programs show it; null: a default
        constraint ck_calendar_feeds_name check (octet_length(name) <= 800),
    -- Only what has it; null: all.  No foreign key: a feed of a tag that is gone is empty, and never one of all.
    tag_id text,
    created_at timestamptz not null default recurd.now(),
    created_by text default coalesce(nullif(pg_catalog.current_setting('recurd.actor', true), ''), session_user),
    fetched_at timestamptz                               -- lately: it is written every five minutes at most
);
create unique index ux_calendar_feeds_secret_hash on recurd.calendar_feeds (secret_hash);
create index ix_calendar_feeds_user_id on recurd.calendar_feeds (user_id, created_at, id);

do $$
declare
    rights text := 'security definer set search_path = pg_catalog, pg_temp set timezone = ''UTC'' set row_security = off';
    source text;
begin
    foreach source in array array[
    -- Of Better Auth's table "session"; null: there is none, or it has expired.  In a cookie, and in what its bearer plugin
    -- hands out, a signature follows: what is secret is the token itself.  expiresAt is a timestamp in UTC, or one with
    -- its zone.
    $create$
        create function recurd.session_user_id(token text) returns text
            language plpgsql stable {rights}
        as $body$ #variable_conflict use_variable
        begin
            if token is null or octet_length(token) > 1000 then
                return null;
            end if;
            return (select s."userId"::text from {app}."session" as s
                     where s."token" = split_part(token, '.', 1) and s."expiresAt"::timestamptz > recurd.now());
        end
        $body$
    $create$, $create$
        -- Public keys of Better Auth's table "jwks", the newest first; what has expired counts for a day, as tokens do not
        -- live that long.  Releases from before keys expired have no column for it.
        create function recurd.token_keys() returns table (kid text, key text)
            language plpgsql stable {rights}
        as $body$
        begin
            return query
            select j."id"::text, j."publicKey"::text from {app}."jwks" as j
             where coalesce((to_jsonb(j)->>'expiresAt')::timestamptz, 'infinity') > recurd.now() - interval '1 day'
             order by j."createdAt" desc
             limit 32;
        end
        $body$
    $create$, $create$
        create function recurd.feed_shown(id text, name text, tag_id text, created_at timestamptz, fetched_at timestamptz)
            returns jsonb
            language sql stable
        as $body$
            select jsonb_build_object('id', id, 'name', name, 'tag_id', tag_id, 'created_at', created_at,
                                      'fetched_at', fetched_at)
        $body$
    $create$, $create$
        -- The address, "path", is shown this once.
        create function recurd.api_feed_create(whose text, body jsonb, key text default null) returns jsonb
            language plpgsql {rights}
        as $body$ #variable_conflict use_variable
        declare
            errors jsonb := recurd.api_check('{"name": {"is": "line", "max": 200, "null": true}, "tag_id": {"is": "id", "null": true}}',
                                             body, true);
            answer jsonb;
            made recurd.calendar_feeds;
            secret text;
        begin
            if errors is not null then
                return recurd.api_problem(422, 'that is no calendar feed', errors);
            end if;
            answer := recurd.api_may_create(whose, '{}', key);
            if answer is not null then
                return answer;
            end if;
            if body->>'tag_id' is not null
               and not exists (select from {app}.tags as g where g.id = body->>'tag_id' and g.user_id = whose) then
                return recurd.api_problem(422, 'that is no calendar feed', jsonb_build_array(jsonb_build_object(
                    'pointer', '/tag_id', 'detail', 'expected the id of a tag of this user')));
            end if;
            perform pg_advisory_xact_lock(hashtextextended('recurd feeds ' || whose, 0));
            if (select count(*) from recurd.calendar_feeds as f where f.user_id = whose) >= 20 then
                return recurd.api_problem(409, 'there are 20 calendar feeds of this user; revoke one first');
            end if;
            -- 366 random bits come to 256.
            secret := rtrim(translate(encode(sha256(convert_to(concat(gen_random_uuid(), gen_random_uuid(), gen_random_uuid()),
                                                               'UTF8')), 'base64'), '+/', '-_'), '=');
            insert into recurd.calendar_feeds (id, user_id, secret_hash, name, tag_id)
            values (recurd.api_id('feed', whose, key), whose, sha256(convert_to(secret, 'UTF8')), body->>'name', body->>'tag_id')
            on conflict (id) do nothing
            returning * into made;
            if made.id is null then
                return recurd.api_problem(409, 'this key has made one already, and its address was shown then; revoke that, or'
                                               ' send another key');
            end if;
            return jsonb_build_object('status', 201, 'body', recurd.feed_shown(made.id, made.name, made.tag_id,
                                                                                made.created_at, made.fetched_at)
                || jsonb_build_object('path', '/calendar/' || secret || '.ics'));
        end
        $body$
    $create$, $create$
        create function recurd.api_feed_list(whose text, filter jsonb default '{}') returns jsonb
            language plpgsql stable {rights}
        as $body$ #variable_conflict use_variable
        declare
            errors jsonb := recurd.api_check('{"limit": {"is": "integer", "max": 500}}', filter, true);
        begin
            if errors is not null then
                return recurd.api_problem(422, 'calendar feeds cannot be looked for by that', errors);
            end if;
            return jsonb_build_object('status', 200, 'body', coalesce((
                select jsonb_agg(recurd.feed_shown(f.id, f.name, f.tag_id, f.created_at, f.fetched_at) order by f.created_at, f.id)
                  from (select f.* from recurd.calendar_feeds as f where f.user_id = whose
                         order by f.created_at, f.id limit (filter->>'limit')::numeric::integer) as f), '[]'));
        end
        $body$
    $create$, $create$
        create function recurd.api_feed_revoke(whose text, feed text) returns jsonb
            language plpgsql {rights}
        as $body$ #variable_conflict use_variable
        begin
            delete from recurd.calendar_feeds as f where f.id = feed and f.user_id = whose;
            return case when found then jsonb_build_object('status', 204)
                        else recurd.api_problem(404, 'there is no such calendar feed') end;
        end
        $body$
    $create$, $create$
        -- No row: there is no such address.  It is written down that somebody was there, where the server takes writes.
        create function recurd.feed_open(secret text)
            returns table (user_id text, name text, time_zone text, at timestamptz, live_since timestamptz)
            language plpgsql {rights}
        as $body$ #variable_conflict use_column
        declare
            hash bytea := sha256(convert_to(left($1, 100), 'UTF8'));
        begin
            update recurd.calendar_feeds as f set fetched_at = recurd.now()
             where f.secret_hash = hash and (f.fetched_at is null or f.fetched_at < recurd.now() - interval '5 minutes');
            return query
            select f.user_id, f.name,
                   coalesce((select p.time_zone from recurd.preferences as p where p.user_id = f.user_id),
                            s.default_time_zone),
                   recurd.now(), coalesce(s.live_since, recurd.now())
              from recurd.calendar_feeds as f, recurd.settings as s
             where f.secret_hash = hash;
        end
        $body$
    $create$, $create$
        -- Tasks that are due in that time, at most so many, the earliest first.  An application's tables need not have
        -- when a row was changed.
        create function recurd.feed_tasks(secret text, since timestamptz, until timestamptz, most integer)
            returns table (id text, title text, priority text, due timestamptz, stamp timestamptz, completed_at timestamptz,
                           is_complete boolean, remind_at timestamptz, tags text)
            language plpgsql stable {rights}
        as $body$ #variable_conflict use_column
        begin
            return query
            select k.id::text, k.title::text, k.priority::text, k.due_date::timestamptz,
                   greatest((to_jsonb(k)->>'created_at')::timestamptz, (to_jsonb(k)->>'updated_at')::timestamptz),
                   k.completed_at::timestamptz, k.is_complete::boolean, k.remind_at::timestamptz,
                   (select jsonb_agg(g.name order by g.name, g.id) from {app}.task_tags as x
                      join {app}.tags as g on g.id = x.tag_id where x.task_id = k.id)::text
              from recurd.calendar_feeds as f
              join {app}.tasks as k on k.user_id = f.user_id
             where f.secret_hash = sha256(convert_to(left($1, 100), 'UTF8')) and k.due_date >= $2 and k.due_date <= $3
                   and (f.tag_id is null or exists (select from {app}.task_tags as x
                                                     where x.task_id = k.id and x.tag_id = f.tag_id))
             order by k.due_date, k.id
             limit $4;
        end
        $body$
    $create$, $create$
        -- Templates that have something to make, each with what a plan of it needs, in the order of what is read there.
        create function recurd.feed_templates(secret text, until timestamptz, most integer)
            returns table (title text, priority text, stamp timestamptz, tags text, paused_until timestamptz,
                           id text, user_id text, rule text, next_due_at timestamptz, starts_local timestamp, starts_zone text,
                           planned_due_at timestamptz, made_through timestamptz, used_count bigint, replan_at timestamptz,
                           paused_at timestamptz, resumed_at timestamptz, ended_at timestamptz, created_at timestamptz,
                           is_active boolean, user_zone text,
                           policy bigint, wake_at timestamptz, catch_up text, catch_up_window bigint, catch_up_cap bigint,
                           overlap text, lead_time bigint, jitter bigint, remind_before text, calendar text, shift text,
                           pause_catch_up text, open_task text)
            language plpgsql stable {rights}
        as $body$ #variable_conflict use_column
        begin
            return query
            select t.title::text, t.priority::text,
                   greatest((to_jsonb(t)->>'created_at')::timestamptz, (to_jsonb(t)->>'updated_at')::timestamptz, p.updated_at,
                            (select c.updated_at from recurd.calendars as c where c.name = p.calendar)),
                   (select jsonb_agg(g.name order by g.name, g.id) from recurd.template_tags as x
                      join {app}.tags as g on g.id = x.tag_id where x.recurring_task_id = t.id)::text,
                   p.paused_until,
                   t.id::text, t.user_id::text,
                   case when t.recurrence_rule is null then 'null'
                        when pg_column_size(t.recurrence_rule) <= 65536
                        then case when octet_length(t.recurrence_rule::text) <= 65536 then t.recurrence_rule::text end end,
                   t.next_due_at::timestamptz, t.starts_local::timestamp, t.starts_zone::text,
                   t.planned_due_at::timestamptz, t.made_through::timestamptz, t.used_count::bigint, t.replan_at::timestamptz,
                   t.paused_at::timestamptz, t.resumed_at::timestamptz, t.ended_at::timestamptz, t.created_at::timestamptz,
                   t.is_active::boolean, (select q.time_zone from recurd.preferences as q where q.user_id = t.user_id),
                   p.xmin::text::bigint, t.wake_at::timestamptz, p.catch_up::text,
                   (extract(epoch from p.catch_up_window) * 1000000)::bigint, p.catch_up_cap::bigint, p.overlap::text,
                   (extract(epoch from p.lead_time) * 1000000)::bigint, (extract(epoch from p.jitter) * 1000000)::bigint,
                   (select string_agg((extract(epoch from b) * 1000000)::bigint::text, ',') from unnest(p.remind_before) as b),
                   p.calendar::text, p.shift::text, p.pause_catch_up::text,
                   (select case when not k.is_complete then k.id::text end from {app}.tasks as k
                     where k.recurring_task_id is not null and k.recurring_task_id = t.id
                     order by k.recurring_task_id desc, k.occurrence_at desc limit 1)
              from recurd.calendar_feeds as f
              join {app}.recurring_tasks as t on t.user_id = f.user_id
              left join recurd.policies as p on p.template_id = t.id
             where f.secret_hash = sha256(convert_to(left($1, 100), 'UTF8')) and t.failed_at is null
                   and (t.is_active and t.next_due_at <= $2 + interval '40 days' or t.replan_at is not null
                        or p.paused_until is not null)
                   and (f.tag_id is null or exists (select from recurd.template_tags as x
                                                     where x.recurring_task_id = t.id and x.tag_id = f.tag_id))
             order by t.next_due_at, t.id
             limit $3;
        end
        $body$
    $create$] loop
        execute replace(replace(source, '{rights}', rights), '{app}', quote_ident(current_schema()));
    end loop;
end
$$;

revoke all on function recurd.session_user_id(text), recurd.token_keys(), recurd.feed_shown(text, text, text, timestamptz, timestamptz),
    recurd.api_feed_create(text, jsonb, text), recurd.api_feed_list(text, jsonb), recurd.api_feed_revoke(text, text),
    recurd.feed_open(text), recurd.feed_tasks(text, timestamptz, timestamptz, integer),
    recurd.feed_templates(text, timestamptz, integer)
    from public;
grant execute on function recurd.session_user_id(text), recurd.token_keys(), recurd.api_feed_create(text, jsonb, text),
    recurd.api_feed_list(text, jsonb), recurd.api_feed_revoke(text, text), recurd.feed_open(text),
    recurd.feed_tasks(text, timestamptz, timestamptz, integer), recurd.feed_templates(text, timestamptz, integer)
    to recurd_web;
-- What foretells goes by the settings and by calendars; they are recurd's own, and no secret.
grant select on recurd.settings, recurd.calendars, recurd.calendar_days to recurd_web;
