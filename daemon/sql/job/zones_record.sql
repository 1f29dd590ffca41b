-- Caller: job/zones.c, when all templates of a zone are marked, and for zones that are new.
-- $1 names   $2 digests
-- Index: pk_zones.
-- Result: none
insert into recurd.zones (name, digest)
select * from unnest($1::text[], $2::bigint[])
    on conflict (name) do update
   set digest = excluded.digest, changed_at = recurd.now()
 where zones.digest <> excluded.digest;
