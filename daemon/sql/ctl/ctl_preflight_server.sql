-- recurctl preflight: the server, and whether there is anything to look at.  Reads catalogs only.
-- $1 text: the role that recurd will use, null: this one.
-- The last says whether the columns that listings of preflight read are there, so that none of them fails.
-- Index: none.
-- Result: int4 text bool text text bool timestamptz int8 bool bool bool bool bool bool bool
select pg_catalog.current_setting('server_version_num')::integer,
       pg_catalog.current_setting('server_version'),
       pg_catalog.pg_is_in_recovery(),
       pg_catalog.current_database()::text,
       coalesce($1::text, current_user::text),
       exists (select from pg_catalog.pg_roles as r where r.rolname = coalesce($1::text, current_user)),
       pg_catalog.clock_timestamp(),
       (select s.setting::bigint * 1000 from pg_catalog.pg_settings as s where s.name = 'deadlock_timeout'),
       pg_catalog.to_regclass('{app}.tasks') is not null
           and pg_catalog.to_regclass('{app}.recurring_tasks') is not null,
       pg_catalog.to_regprocedure('recurd.now()') is not null
           and (select count(*) = 2 from pg_catalog.pg_attribute as a
            where a.attrelid = pg_catalog.to_regclass('recurd.settings') and not a.attisdropped
                  and a.attname in ('live_since', 'compatible_from')),
       pg_catalog.to_regclass('recurd.migrations') is not null,
       (select count(*) = 2 from pg_catalog.pg_attribute as a
            where a.attrelid = pg_catalog.to_regclass('recurd.preferences') and not a.attisdropped
                  and a.attname in ('user_id', 'time_zone')),
       coalesce(pg_catalog.has_any_column_privilege(pg_catalog.to_regclass('{app}.tasks')::oid, 'SELECT')
                and pg_catalog.has_any_column_privilege(pg_catalog.to_regclass('{app}.recurring_tasks')::oid, 'SELECT'),
                true),
       pg_catalog.to_regclass('{app}.tasks') is not null,
       not exists (
           select from (values ('{app}.tasks', 'remind_at', array['timestamptz', 'timestamp']::regtype[]),
                               ('{app}.tasks', 'is_complete', array['bool']::regtype[]),
                               ('{app}.recurring_tasks', 'id', null), ('{app}.recurring_tasks', 'user_id', null),
                               ('{app}.recurring_tasks', 'title', null), ('{app}.recurring_tasks', 'recurrence_rule', null),
                               ('{app}.recurring_tasks', 'next_due_at', array['timestamptz', 'timestamp']::regtype[]),
                               ('{app}.recurring_tasks', 'created_at', array['timestamptz', 'timestamp']::regtype[]),
                               ('{app}.recurring_tasks', 'is_active', array['bool']::regtype[])) as w (tab, col, types)
           left join pg_catalog.pg_attribute as a
                on a.attrelid = pg_catalog.to_regclass(w.tab) and a.attname = w.col and not a.attisdropped
           where a.attnum is null or a.atttypid <> all (coalesce(w.types, array[a.atttypid]::regtype[])))
