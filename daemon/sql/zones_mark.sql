-- Caller: svc/zonewatch.c, for a zone whose data have changed: one stretch of the table.
-- Marks its templates to be computed anew.  An edit that waits to be planned does that anyway.
-- $1 zone   $2 the last id of the stretch before   $3 length of a stretch
-- Returns the last id of this stretch (null: the table has ended) and how many were marked.
-- Index: pk_recurring_tasks.
with stretch as materialized (
    select t.id, t.starts_zone
      from {app}.recurring_tasks t
     where t.id > $2
     order by t.id
     limit $3
), marked as (
    update {app}.recurring_tasks t set replan_at = '-infinity'
      from stretch s
     where s.starts_zone = $1 and t.id = s.id
       and t.replan_at is null and t.failed_at is null and t.ended_at is null
    returning t.id
)
select (select max(id)::text from stretch), (select count(*) from marked);
