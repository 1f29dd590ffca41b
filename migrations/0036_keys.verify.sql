-- Names what is missing or differs; silent when all is there.  Of rows it looks at the oldest and at the newest, so
-- that it costs nothing: a copy of a database has others at its begin, a change-over at its end.
do $$
declare
    problems text[] := '{}';
    known timestamptz;
    differs boolean;
begin
    if to_regprocedure('recurd.keys_from()') is null then
        problems := problems || 'function recurd.keys_from() is missing'::text;
    else
        begin
            execute 'select recurd.keys_from()' into known;
        exception when others then
            known := null;
        end;
        if known is null then
            problems := problems || 'function recurd.keys_from() gives no instant'::text;
        end if;
    end if;
    if known is not null
       and 3 = (select count(*) from pg_attribute where attrelid = to_regclass('recurd.notifications')
                                                        and attname in ('id', 'key', 'at') and not attisdropped)
       and has_table_privilege('recurd.notifications', 'select') then
        execute $look$
            select exists (
                select from (select key, at from (select key, at from recurd.notifications order by id limit 1000) as a
                             union all
                             select key, at from (select key, at from recurd.notifications order by id desc limit 1000) as z) as n
                 where at >= $1 and isfinite(at) and key ~ '^[0-9a-f]{32}$'
                   and left(key, 12) <> lpad(to_hex(floor(extract(epoch from at) * 1000)::bigint
                                                    & 281474976710655), 12, '0'))
        $look$ into differs using known;
        if differs then
            problems := problems || format('function recurd.keys_from() gives %s, but rows of recurd.notifications that'
                                           ' lie behind it have keys of the format from before, copied from elsewhere'
                                           ' perhaps: what comes again of them is told again', known);
        end if;
    end if;
    if known is not null
       and exists (select from pg_attribute where attrelid = to_regclass('recurd.settings')
                                                  and attname = 'compatible_from' and not attisdropped)
       and has_table_privilege('recurd.settings', 'select') then
        execute 'select exists (select from recurd.settings where coalesce(compatible_from, 0) < 36)' into differs;
        if differs then
            problems := problems || 'function recurd.keys_from() is there, but recurd.settings.compatible_from is below'
                                    ' 36: older workers would go on with the former keys'::text;
        end if;
    end if;
    if to_regprocedure('recurd.settings_made()') is null then
        problems := problems || 'function recurd.settings_made() is missing'::text;
    elsif has_function_privilege('public', to_regprocedure('recurd.settings_made()'), 'execute') then
        problems := problems || 'function recurd.settings_made() may be executed by everybody'::text;
    end if;
    if to_regclass('recurd.settings') is not null
       and not exists (select from pg_trigger
                       where tgrelid = to_regclass('recurd.settings')
                             and tgname = 'recurd_settings_made' and tgenabled <> 'D') then
        problems := problems || 'trigger recurd_settings_made on recurd.settings is missing or disabled'::text;
    end if;
    if to_regprocedure('recurd.notification_key(text, text, timestamptz)') is null then
        problems := problems || 'function recurd.notification_key(text, text, timestamptz) is missing'::text;
    elsif pg_get_functiondef('recurd.notification_key(text, text, timestamptz)'::regprocedure)
          not like '%keys_from%' then
        problems := problems
            || 'function recurd.notification_key(text, text, timestamptz) is not as 0036_keys makes it'::text;
    end if;
    problems := problems || array(
        select format('function %s runs with its owner''s rights, expected its caller''s', oid::regprocedure)
          from pg_proc
         where prosecdef and oid in (to_regprocedure('recurd.keys_from()'), to_regprocedure('recurd.settings_made()'))
        union all
        select format('role %s has no right of its own to execute recurd.keys_from()', role)
          from unnest(array['recurd_worker', 'recurd_reader']) as role
          join pg_proc on oid = to_regprocedure('recurd.keys_from()')
         where to_regrole(role) is not null
               and not exists (select from aclexplode(proacl) where grantee = to_regrole(role)));
    if problems <> '{}' then
        raise exception '%', array_to_string(problems, e'\n');
    end if;
end
$$;
