-- recurctl preflight: what of recurd's schema is missing, and what would blind or stop the role that
-- recurd will use.  Reads catalogs only.
-- $1 text: the role.
-- Index: none.
-- Result: text text
with object (kind, name) as (
    values ('table', 'recurd.settings'), ('table', 'recurd.notifications'), ('table', 'recurd.decisions'),
           ('table', 'recurd.workers'), ('table', 'recurd.template_tags'), ('table', 'recurd.preferences'),
           ('view', 'recurd.status'), ('view', 'recurd.upcoming'), ('view', 'recurd.worker_states'),
           ('index', '{app}.ux_tasks_recurring_task_id_occurrence_at'),
           ('index', '{app}.ux_tasks_repeat_of'),
           ('index', '{app}.ix_tasks_pending_remind_at'),
           ('index', '{app}.ix_recurring_tasks_due'),
           ('index', '{app}.ix_recurring_tasks_replan')
), needed_column (relation, name) as (
    select '{app}.recurring_tasks', c.name
    from pg_catalog.unnest(array['starts_local', 'starts_zone', 'planned_due_at', 'made_through', 'used_count',
                                 'replan_at', 'paused_at', 'resumed_at', 'ended_at', 'failed_at', 'failure'])
         as c (name)
    union all
    select '{app}.tasks', c.name
    from pg_catalog.unnest(array['recurring_task_id', 'occurrence_at', 'reminded_at', 'completed_at',
                                 'repeat_of'])
         as c (name)
), needed_grant (relation, privilege, columns) as (
    values ('{app}.recurring_tasks', 'UPDATE', array['next_due_at', 'is_active', 'starts_local',
                'starts_zone', 'planned_due_at', 'made_through', 'used_count', 'replan_at', 'ended_at',
                'failed_at', 'failure']),
           ('{app}.tasks', 'SELECT', array['id', 'user_id', 'remind_at', 'reminded_at', 'is_complete',
                'recurring_task_id', 'occurrence_at', 'ctid']),
           ('{app}.tasks', 'INSERT', array['id', 'title', 'description', 'priority', 'user_id', 'is_complete',
                'due_date', 'created_at', 'updated_at', 'recurring_task_id', 'occurrence_at']),
           ('{app}.tasks', 'UPDATE', array['reminded_at']),
           ('{app}.task_tags', 'INSERT', array['task_id', 'tag_id']),
           ('{app}.task_tags', 'SELECT', array['task_id', 'tag_id']),
           ('recurd.settings', 'SELECT', array['live_since']),
           ('recurd.settings', 'UPDATE', array['live_since']),
           ('recurd.notifications', 'UPDATE', array['id']),
           ('recurd.decisions', 'UPDATE', array['id']),
           ('recurd.preferences', 'SELECT', array['user_id', 'time_zone'])
), needed_table (relation, privileges) as (
    values ('{app}.recurring_tasks', array['SELECT']),
           ('recurd.settings', array['SELECT']),
           ('recurd.notifications', array['SELECT', 'INSERT', 'DELETE']),
           ('recurd.decisions', array['SELECT', 'INSERT', 'DELETE']),
           ('recurd.workers', array['SELECT', 'INSERT', 'UPDATE', 'DELETE']),
           ('recurd.zones', array['SELECT', 'INSERT', 'UPDATE']),
           ('recurd.causes', array['SELECT', 'INSERT', 'UPDATE', 'DELETE']),
           ('recurd.waiting', array['SELECT', 'INSERT', 'UPDATE', 'DELETE']),
           ('recurd.template_tags', array['SELECT']),
           ('recurd.consumers', array['SELECT'])
), asked (role) as (
    select r.rolname::text from pg_catalog.pg_roles as r where r.rolname in ($1, 'recurd_worker')
), refused (role, what) as (
    select k.role, pg_catalog.lower(g.privilege) || ' on ' || g.relation
           || case when count(*) < pg_catalog.cardinality(g.columns)
                   then ' (' || pg_catalog.string_agg(a.attname, ', ' order by a.attnum) || ')'
                   else '' end
    from asked as k
    cross join needed_grant as g
    join pg_catalog.pg_attribute as a
         on a.attrelid = pg_catalog.to_regclass(g.relation) and a.attname = any (g.columns)
    where not pg_catalog.has_column_privilege(k.role, a.attrelid, a.attnum, g.privilege)
    group by k.role, g.relation, g.privilege, g.columns
    union all
    select k.role, pg_catalog.lower(p) || ' on ' || t.relation
    from asked as k, needed_table as t, pg_catalog.unnest(t.privileges) as p
    where not pg_catalog.has_table_privilege(k.role, pg_catalog.to_regclass(t.relation)::oid, p)
    union all
    select k.role, 'execute on ' || f.name
    from asked as k, (values ('recurd.held_users(text[])')) as f (name)
    where not pg_catalog.has_function_privilege(k.role, pg_catalog.to_regprocedure(f.name)::oid, 'EXECUTE')
    union all
    select k.role, 'update on sequence ' || d.objid::regclass::text
    from asked as k
    cross join (values ('recurd.notifications'), ('recurd.decisions')) as r (name)
    join pg_catalog.pg_depend as d
         on d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass and d.deptype = 'i'
            and d.refobjid = pg_catalog.to_regclass(r.name) and d.refobjsubid > 0
    where not pg_catalog.has_sequence_privilege(k.role, d.objid, 'UPDATE')
    union all
    select k.role, 'usage of schema ' || n.nspname
    from asked as k, pg_catalog.pg_namespace as n
    where n.nspname in ('recurd', pg_catalog.btrim('{app}', '"'))
          and not pg_catalog.has_schema_privilege(k.role, n.oid, 'USAGE')
), used (oid) as (
    select c.oid
    from pg_catalog.pg_class as c
    where c.oid in (pg_catalog.to_regclass('{app}.tasks'), pg_catalog.to_regclass('{app}.recurring_tasks'),
                    pg_catalog.to_regclass('{app}.task_tags'))
          or c.relnamespace = pg_catalog.to_regnamespace('recurd')
             and c.relname in ('template_tags', 'preferences', 'notifications', 'decisions', 'settings', 'workers',
                               'zones', 'causes', 'waiting', 'consumers')
), advice (run) as (
    select pg_catalog.concat_ws('; then: ',
        -- A restore left the rights of recurd_worker out, or a column was dropped and added again.
        case when exists (select from refused as r where r.role = 'recurd_worker')
                  or pg_catalog.to_regrole('recurd_worker') is null
             then 'recurctl migrate repair, as the owner of the tables' end,
        case when not exists (select from pg_catalog.pg_roles as w
                              where w.rolname = 'recurd_worker' and pg_catalog.pg_has_role($1::name, w.oid, 'USAGE'))
             then 'grant recurd_worker to ' || pg_catalog.quote_ident($1) end)
)
select 'schema', 'missing: ' || pg_catalog.replace(pg_catalog.string_agg(m.name, ', ' order by m.name), '"', '')
                 || '; run: recurctl migrate up, then: recurctl migrate repair'
from (select o.kind || ' ' || o.name as name
      from object as o
      where pg_catalog.to_regclass(o.name) is null
      union all
      select 'column ' || c.relation || '.' || c.name
      from needed_column as c
      where not exists (select from pg_catalog.pg_attribute as a
                        where a.attrelid = pg_catalog.to_regclass(c.relation) and a.attname = c.name
                              and not a.attisdropped)) as m
having count(*) > 0
union all
select 'schema', 'index ' || o.name || ' is invalid; run: recurctl migrate repair'
from object as o
join pg_catalog.pg_index as i on i.indexrelid = pg_catalog.to_regclass(o.name)
where o.kind = 'index' and not i.indisvalid
union all
select 'tables', c.oid::regclass::text || ' is no table: recurd needs the table itself under that name'
from pg_catalog.pg_class as c
where c.oid in (select oid from used) and c.relkind not in ('r', 'p')
union all
select 'tables', 'rule ' || r.rulename || ' rewrites what is written to ' || c.oid::regclass::text
                 || '; run: drop rule ' || pg_catalog.quote_ident(r.rulename) || ' on ' || c.oid::regclass::text
from pg_catalog.pg_rewrite as r
join pg_catalog.pg_class as c on c.oid = r.ev_class
where c.oid in (select oid from used) and c.relkind in ('r', 'p') and r.ev_type in ('2', '3') and r.ev_enabled <> 'D'
union all
select 'grants', 'role ' || $1 || ' lacks: ' || pg_catalog.replace(pg_catalog.string_agg(r.what, ', ' order by r.what), '"', '')
                 || '; run: ' || (select run from advice)
from refused as r
where r.role = $1
having count(*) > 0
union all
select 'row-level security', 'role ' || $1 || ' sees only some rows of ' || c.oid::regclass::text
                 || '; run: alter role ' || pg_catalog.quote_ident($1) || ' bypassrls'
from pg_catalog.pg_class as c
join pg_catalog.pg_roles as r on r.rolname = $1
where c.oid in (select oid from used)
      and c.relrowsecurity and not r.rolsuper and not r.rolbypassrls
      and (c.relforcerowsecurity or not pg_catalog.pg_has_role(r.oid, c.relowner, 'USAGE'))
