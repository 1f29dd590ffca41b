-- Caller: job/settings.c, ctl/settings.c, when the row was written since it was read.
-- The settings of the database, a row each, in the order of $1.
-- $1 their names   $2 those of them that are spans of time
-- Returns the version of them all, name, value as text (null: the default; spans in microseconds), since when and
-- by whom it is so, and how many templates that concerned; nothing where recurd.settings has no row.
-- Index: none, one row.
-- Result: int8 text text timestamptz text int8
select s.version, k.name,
       case when k.name = any ($2)
            then (extract(epoch from (s.fields->>k.name)::interval) * 1000000)::bigint::text || 'us'
            else s.fields->>k.name end,
       (s.fields->'changes'->k.name->>'at')::timestamptz, s.fields->'changes'->k.name->>'by',
       (s.fields->'changes'->k.name->>'templates')::bigint
  from (select {settings version} as version, pg_catalog.to_jsonb(r) as fields from recurd.settings r) s
 cross join pg_catalog.unnest($1::text[]) with ordinality as k (name, place)
 order by k.place;
