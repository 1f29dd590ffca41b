-- Caller: job/zones.c, for a zone whose data have changed: one stretch of the table.
-- Marks its templates to be computed anew.  An edit that waits to be planned does that anyway.  Rows
-- that somebody holds are left for another pass: an application must not wait for us here, nor we for
-- it.
-- $1 zone   $2 the last id of the stretch before   $3 length of a stretch
-- Returns the last id of this stretch (null: the table has ended), how many were marked, and how many
-- were held.
-- Index: pk_recurring_tasks.
-- Result: text int8 int8
with stretch as materialized (
    select t.id,
           t.starts_zone = $1 and t.replan_at is null and t.failed_at is null
               and t.ended_at is null as wanted
      from {app}.recurring_tasks t
     where t.id > $2
     order by t.id
     limit $3
), locked as materialized (
    select t.id
      from {app}.recurring_tasks t
      join stretch s on s.id = t.id and s.wanted
       for no key update of t skip locked
), marked as (
    update {app}.recurring_tasks t set replan_at = '-infinity'
      from locked l
     where t.id = l.id and t.replan_at is null and t.failed_at is null and t.ended_at is null
)
select (select max(id)::text from stretch), (select count(*) from locked),
       (select count(*) from stretch where wanted) - (select count(*) from locked);
