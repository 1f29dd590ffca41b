-- recurctl herd: the minutes in which most falls due, and whose it is.
-- $1 timestamptz: from then on; null: so many microseconds from now, $2; $3 timestamptz: up to then; null: so many
-- microseconds behind the begin, $4; $5 bigint: minutes; $6 bigint: so many rows of a table are counted one by one
-- Where more are due, a part of the table's blocks is read instead, about as many rows, and stands for the others.
-- How long it takes is told by what large batches of the live workers took.
-- Returns the minute, templates, reminders, the user who has most of both, how many those are, microseconds of work on
-- one connection (null: nobody has measured), and whether these are estimates.
-- Index: ix_recurring_tasks_due, ix_tasks_pending_remind_at, ix_reminders_pending, the primary key.
-- Result: timestamptz int8 int8 text int8 int8 bool
with span as materialized (
    select s.begins, coalesce($3::timestamptz, s.begins + $4::bigint * interval '1 microsecond') as ends
      from (select coalesce($1::timestamptz, recurd.now() + $2::bigint * interval '1 microsecond') as begins) s
), part as materialized (
    select least(100, 100.0 * $6::bigint / 8 / (pg_catalog.pg_relation_size('{app}.recurring_tasks'::regclass) / 8192 + 1))::real as templates,
           least(100, 100.0 * $6::bigint / 8 / (pg_catalog.pg_relation_size('{app}.tasks'::regclass) / 8192 + 1))::real as reminders,
           least(100, 100.0 * $6::bigint / 8 / (pg_catalog.pg_relation_size('recurd.reminders'::regclass) / 8192 + 1))::real as others
), template as materialized (
    select t.next_due_at::timestamptz as at, t.user_id::text as user_id
      from {app}.recurring_tasks t
     where t.is_active and t.failed_at is null
       and t.next_due_at >= (select begins from span) and t.next_due_at < (select ends from span)
     order by t.next_due_at
     limit $6::bigint + 1
), reminder as materialized (
    select k.remind_at as at, k.user_id::text as user_id
      from {app}.tasks k
     where k.remind_at is not null and not k.is_complete
       and (k.reminded_at is null or k.remind_at > k.reminded_at)
       and k.remind_at >= (select begins from span) and k.remind_at < (select ends from span)
     order by k.remind_at
     limit $6::bigint + 1
), another as materialized (
    select r.remind_at as at, r.task_id
      from recurd.reminders r
     where r.remind_at is not null and (r.reminded_at is null or r.remind_at > r.reminded_at)
       and r.remind_at >= (select begins from span) and r.remind_at < (select ends from span)
     order by r.remind_at
     limit $6::bigint + 1
), small as materialized (
    select (select pg_catalog.count(*) from template) <= $6::bigint as templates,
           (select pg_catalog.count(*) from reminder) <= $6::bigint as reminders,
           (select pg_catalog.count(*) from another) <= $6::bigint as others
), due as (
    select at, user_id, true as is_template, 1::float8 as weight from template where (select templates from small)
    union all
    select at, user_id, false, 1 from reminder where (select reminders from small)
    union all
    select t.next_due_at::timestamptz, t.user_id::text, true, 100 / (select templates from part)
      from {app}.recurring_tasks t tablesample system ((select templates from part))
     where not (select templates from small) and t.is_active and t.failed_at is null
       and t.next_due_at >= (select begins from span) and t.next_due_at < (select ends from span)
    union all
    select k.remind_at, k.user_id::text, false, 100 / (select reminders from part)
      from {app}.tasks k tablesample system ((select reminders from part))
     where not (select reminders from small) and k.remind_at is not null and not k.is_complete
       and (k.reminded_at is null or k.remind_at > k.reminded_at)
       and k.remind_at >= (select begins from span) and k.remind_at < (select ends from span)
    union all
    select o.at, k.user_id, false, o.weight
      from (select at, task_id, 1::float8 as weight from another where (select others from small)
            union all
            select r.remind_at, r.task_id, 100 / (select others from part)
              from recurd.reminders r tablesample system ((select others from part))
             where not (select others from small) and r.remind_at is not null
               and (r.reminded_at is null or r.remind_at > r.reminded_at)
               and r.remind_at >= (select begins from span) and r.remind_at < (select ends from span)) o
     cross join lateral (select m.user_id::text from {app}.tasks m where m.id = o.task_id and not m.is_complete offset 0) k
), of_user as (
    select pg_catalog.to_timestamp(pg_catalog.floor(extract(epoch from at) / 60) * 60) as minute, user_id,
           coalesce(pg_catalog.sum(weight) filter (where is_template), 0) as templates,
           coalesce(pg_catalog.sum(weight) filter (where not is_template), 0) as reminders
      from due group by 1, 2
), pace as materialized (
    select case when pg_catalog.sum(f.rows) > 0 then pg_catalog.sum(f.ms) * 1000 / pg_catalog.sum(f.rows) end as row_us
      from (select case when x.row #>> '{figures,bulk_rows}' ~ '^[0-9]{1,15}$' then (x.row #>> '{figures,bulk_rows}')::bigint end as rows,
                   case when x.row #>> '{figures,bulk_ms}' ~ '^[0-9]{1,15}$' then (x.row #>> '{figures,bulk_ms}')::bigint end as ms
              from (select pg_catalog.to_jsonb(w) as row from recurd.workers w) x) f
)
select m.minute, m.templates::bigint, m.reminders::bigint, m.most, m.most_rows::bigint,
       (m.total * (select row_us from pace))::bigint, not (s.templates and s.reminders and s.others)
  from (select minute, pg_catalog.sum(templates) as templates, pg_catalog.sum(reminders) as reminders,
               pg_catalog.sum(templates + reminders) as total,
               (pg_catalog.array_agg(user_id order by templates + reminders desc, user_id))[1] as most,
               pg_catalog.max(templates + reminders) as most_rows
          from of_user group by minute) m
 cross join small s
 order by m.total desc, m.minute
 limit $5::bigint
