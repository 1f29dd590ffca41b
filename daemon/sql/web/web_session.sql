-- Caller: web/pool.c, first in each session; reads catalogs, and of recurd.settings since which
-- level a binary is compatible.
-- Returns: a standby, the functions for applications that are not there or may not be called (null: none), the
-- backend's process id, the database's encoding, the level of the schema that a program must know.
-- Result: bool text int4 text int4
select pg_catalog.pg_is_in_recovery(),
       (select pg_catalog.string_agg(f, ', ')
          from pg_catalog.unnest('{"recurd.api_settings(text)", "recurd.api_task_list(text,jsonb)",
                                   "recurd.api_template_list(text,jsonb)", "recurd.api_tag_list(text,jsonb)", "recurd.web_figures()"}'::text[]) f
         where coalesce(not pg_catalog.has_function_privilege(pg_catalog.to_regprocedure(f)::oid, 'execute'), true)),
       pg_catalog.pg_backend_pid(), pg_catalog.getdatabaseencoding(),
       coalesce((select s.compatible_from from recurd.settings as s limit 1), 0);
