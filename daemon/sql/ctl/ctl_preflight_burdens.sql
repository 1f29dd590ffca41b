-- recurctl preflight: a foreign key that came back where triggers do its work, and indexes of the application's that each row which recurd writes pays for, and that serve
-- nobody: what they find another one finds as well, because it begins with the same columns; or they tell apart
-- hardly anything, and nobody has asked them.  Reads catalogs and statistics only.
-- An index that a constraint is made of, or a replica goes by, stays; so does one that is unique, but where
-- another one is as unique.  Of two that are the same the one with the constraint stays, then the older one.
-- Index: none.
-- Result: text text
with part as (
    select i.*, n.nspname, c.relname,
           (i.indkey::int2[])[0:i.indnkeyatts - 1] as keys, (i.indclass::oid[])[0:i.indnkeyatts - 1] as classes,
           (i.indcollation::oid[])[0:i.indnkeyatts - 1] as collations,
           (i.indoption::int2[])[0:i.indnkeyatts - 1] as options,
           exists (select from pg_catalog.pg_constraint as k where k.conindid = i.indexrelid) as is_bound
    from pg_catalog.pg_index as i
    join pg_catalog.pg_class as c on c.oid = i.indexrelid
    join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    join pg_catalog.pg_am as a on a.oid = c.relam and a.amname = 'btree'
    where i.indrelid in (pg_catalog.to_regclass('{app}.tasks'), pg_catalog.to_regclass('{app}.recurring_tasks'),
                         pg_catalog.to_regclass('{app}.task_tags'))
          and i.indisvalid and i.indpred is null and i.indexprs is null
), pair as (
    select s.indexrelid, w.relname as wider, w.is_bound as is_bound_wider, w.indnkeyatts
    from part as s
    join part as w
         on w.indrelid = s.indrelid and w.indexrelid <> s.indexrelid and w.indnkeyatts >= s.indnkeyatts
            and w.keys[1:s.indnkeyatts] = s.keys and w.classes[1:s.indnkeyatts] = s.classes
            and w.collations[1:s.indnkeyatts] = s.collations and w.options[1:s.indnkeyatts] = s.options
            and (not s.indisunique or w.indisunique and w.indnkeyatts = s.indnkeyatts)
            -- What it carries beside its keys.
            and (s.indkey::int2[]) <@ (w.indkey::int2[])
    where w.indnkeyatts > s.indnkeyatts or w.indisunique > s.indisunique
          or w.indisunique = s.indisunique and (w.is_bound or w.indexrelid < s.indexrelid)
), asked (indexrelid, scans) as (
    select p.indexrelid, pg_catalog.pg_stat_get_numscans(p.indexrelid) from part as p
), reason (indexrelid, words) as (
    select distinct on (p.indexrelid) p.indexrelid, p.wider || ' finds what it finds'
    from pair as p
    order by p.indexrelid, p.is_bound_wider desc, p.indnkeyatts, p.wider
), vague (indexrelid, words) as (
    select p.indexrelid,
           'it tells ' || case when a.atttypid = 'bool'::regtype then 'true from false'
                               else s.n_distinct::bigint || ' values apart' end
           || ', and nobody has asked it since '
           || coalesce(pg_catalog.to_char((select d.stats_reset from pg_catalog.pg_stat_database as d
                                           where d.datname = pg_catalog.current_database()) at time zone 'UTC',
                                          'YYYY-MM-DD'),
                       'this database was made')
    from part as p
    join asked as u on u.indexrelid = p.indexrelid and u.scans = 0
    join pg_catalog.pg_attribute as a on a.attrelid = p.indrelid and a.attnum = p.keys[1]
    join pg_catalog.pg_class as t on t.oid = p.indrelid
    join pg_catalog.pg_namespace as n on n.oid = t.relnamespace
    left join pg_catalog.pg_stats as s
         on s.schemaname = n.nspname and s.tablename = t.relname and s.attname = a.attname and not s.inherited
    where p.indnkeyatts = 1 and p.indnatts = 1 and not p.indisunique
          and (a.atttypid = 'bool'::regtype or s.n_distinct between 1 and 8 and t.reltuples >= 1000)
          and not exists (select from pair as o where o.indexrelid = p.indexrelid)
)
select 'foreign key', pg_catalog.quote_ident(k.conname) || ' is there, and triggers do what it does: each task that recurd makes pays'
                      || ' about 7 us for it; run: alter table ' || k.conrelid::regclass::text || ' drop constraint '
                      || pg_catalog.quote_ident(k.conname)
from pg_catalog.pg_constraint as k
join pg_catalog.pg_trigger as g
     on g.tgrelid = k.confrelid and g.tgname = 'recurd_template_deleted' and g.tgenabled <> 'D'
where k.contype = 'f' and k.conrelid = pg_catalog.to_regclass('{app}.tasks')
      and k.confrelid = pg_catalog.to_regclass('{app}.recurring_tasks')
      and k.conkey = array(select a.attnum from pg_catalog.pg_attribute as a
                           where a.attrelid = k.conrelid and a.attname = 'recurring_task_id')
union all
(select 'indexes',
       pg_catalog.format('%I.%I', p.nspname, p.relname) || ' on ' || p.indrelid::regclass::text || ' ('
       || pg_catalog.pg_size_pretty(pg_catalog.pg_relation_size(p.indexrelid)) || '): ' || r.words
       || '; each row that recurd writes there pays about 1 us and 60 bytes of WAL for it; whether to drop it is its'
       || ' owner''s choice: drop index concurrently ' || pg_catalog.format('%I.%I', p.nspname, p.relname)
from (select * from reason union all select * from vague) as r
join part as p on p.indexrelid = r.indexrelid
where not p.is_bound and not p.indisreplident
order by p.indrelid::regclass::text, p.relname)
