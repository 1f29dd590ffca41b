-- Caller: job/backfill.c.
-- Makes instances of the past.  What is there already, from whoever, is passed over: its decision, its notification and
-- its count are those of the tasks that this made.  Reminders of the past are not made: what is over nobody is reminded
-- of.  One that policies have come later (after the due date) is.
-- $1 template   $2 who asked for it   $3 the request   $4 occurrences (timestamptz[])   $5 when they are due (timestamptz[])
-- $6, $7, $8 titles, descriptions, priorities (text[], null: the template's)
-- $9 runs (int8[]): those that follow each other get one decision   $10 kind of the notifications, null: none
-- $11 whether there is a limit a day
-- Index: pk_recurring_tasks, ux_tasks_recurring_task_id_occurrence_at, tasks_pkey, pk_template_tags, pk_policies, pk_made_today.
-- Result: text timestamptz bool
with wanted as materialized (
    select o.*, recurd.instance_id($1, o.occurrence) as task_id
      from unnest($4::timestamptz[], $5::timestamptz[], $6::text[], $7::text[], $8::text[], $9::bigint[])
           as o (occurrence, due_at, title, description, priority, run)
), made as (
    insert into {app}.tasks (id, title, description, priority, user_id, is_complete, due_date,
                             created_at, updated_at, recurring_task_id, occurrence_at)
    select o.task_id, coalesce(o.title, t.title), coalesce(o.description, t.description),
           coalesce(o.priority, t.priority), t.user_id, false, o.due_at,
           recurd.now() at time zone 'UTC', recurd.now() at time zone 'UTC', t.id, o.occurrence
      from wanted o join {app}.recurring_tasks t on t.id = $1
     where not exists (select from {app}.tasks k where k.id = o.task_id)
    on conflict (recurring_task_id, occurrence_at) where recurring_task_id is not null do nothing
    returning id, user_id, recurring_task_id, occurrence_at, due_date
), tagged as (
    insert into {app}.task_tags (task_id, tag_id)
    select made.id, g.tag_id
      from made join recurd.template_tags g on g.recurring_task_id = made.recurring_task_id
    on conflict (task_id, tag_id) do nothing
), told as (
    insert into recurd.notifications (key, kind, user_id, task_id, template_id, at)
    select recurd.notification_key($10::text, id::text, occurrence_at), $10::text, user_id, id, recurring_task_id, occurrence_at
      from made where $10::text is not null
    on conflict (key) do nothing
), reminding as (
    insert into recurd.reminders (id, task_id, remind_at, before, source, created_by)
    select recurd.reminder_id(m.id::text, u.us::text), m.id, b.at, u.us * interval '1 microsecond', 'policy', p.updated_by
      from made m
      join recurd.policies p on p.template_id = m.recurring_task_id
     cross join lateral (select distinct least(greatest((extract(epoch from o.before) * 1000000)::bigint, -31622400000000),
                                               31622400000000) as us
                           from pg_catalog.unnest(p.remind_before) o (before)) u
     cross join lateral (select recurd.remind_at(m.due_date, u.us * interval '1 microsecond') as at) b
     where b.at > recurd.now()
    on conflict (id) do nothing
), counted as (
    insert into recurd.made_today as d (user_id, day, made, limited)
    select made.user_id::text, (recurd.now() at time zone 'UTC')::date, count(*), 0
      from made where $11::boolean and user_id is not null group by made.user_id
    on conflict (user_id) do update
       set made = excluded.made + case when d.day = excluded.day then d.made else 0 end,
           limited = case when d.day = excluded.day then d.limited else 0 end,
           day = excluded.day
), decided as (
    insert into recurd.decisions (template_id, kind, first_at, last_at, occurrences, detail, by)
    select $1, 'backfilled', min(m.occurrence_at), max(m.occurrence_at), count(*), 'request ' || $3::text, $2::text
      from made m join wanted o on o.occurrence = m.occurrence_at
     group by o.run
)
select o.task_id, o.occurrence, m.id is not null
  from wanted o left join made m on m.occurrence_at = o.occurrence
 order by o.occurrence;
