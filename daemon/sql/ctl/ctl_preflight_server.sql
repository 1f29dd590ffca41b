-- recurctl preflight: the server, and whether there is anything to look at.  Reads catalogs only.
-- $1 text: the role that recurd will use, null: this one.
-- Index: none.
-- Result: int4 text bool text text bool timestamptz int8 bool bool bool bool bool bool
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
       pg_catalog.to_regclass('recurd.settings') is not null
           and pg_catalog.to_regprocedure('recurd.now()') is not null,
       pg_catalog.to_regclass('recurd.migrations') is not null,
       pg_catalog.to_regclass('recurd.preferences') is not null,
       coalesce(pg_catalog.has_any_column_privilege(pg_catalog.to_regclass('{app}.tasks')::oid, 'SELECT')
                and pg_catalog.has_any_column_privilege(pg_catalog.to_regclass('{app}.recurring_tasks')::oid, 'SELECT'),
                true),
       pg_catalog.to_regclass('{app}.tasks') is not null
