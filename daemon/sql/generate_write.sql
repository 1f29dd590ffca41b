-- Caller: work/generator.c.
-- One batch, whole: instances with their tags and notifications, the templates' new state, and the
-- decisions that were taken.  The server copies the texts from the template.
-- Instances:  $1 template ids   $2 occurrences   $3 task ids   $4 whether to tell of them
--             of overrides, empty arrays where the batch has none: $23 due dates   $24 titles
--             $25 descriptions   $26 priorities
-- Templates:  $5 ids   $6 next_due_at   $7 planned_due_at   $8 made_through   $9 used_count
--             $10 starts_local   $11 starts_zone   $12 ended_at   $13 is_active
--             $14 replan_at   $15 failed_at   $16 failure
-- Decisions:  $17 template ids   $18 kinds   $19 first_at   $20 last_at   $21 occurrences   $22 details
-- Returns the ids of the tasks that were made; one that exists already is left as it is.
-- Index: pk_recurring_tasks, ux_tasks_recurring_task_id_occurrence_at, pk_template_tags.
with made as (
    insert into {app}.tasks (id, title, description, priority, user_id, is_complete, due_date,
                             created_at, updated_at, recurring_task_id, occurrence_at)
    select o.task_id, coalesce(o.title, t.title), coalesce(o.description, t.description),
           coalesce(o.priority, t.priority), t.user_id, false, coalesce(o.due_at, o.occurrence),
           recurd.now() at time zone 'UTC', recurd.now() at time zone 'UTC', t.id, o.occurrence
      from unnest($1::text[], $2::timestamptz[], $3::text[], $23::timestamptz[], $24::text[],
                  $25::text[], $26::text[])
           as o (template, occurrence, task_id, due_at, title, description, priority)
      join {app}.recurring_tasks t on t.id = o.template
        on conflict do nothing
    returning id, user_id, recurring_task_id, occurrence_at
), tagged as (
    insert into {app}.task_tags (task_id, tag_id)
    select made.id, g.tag_id
      from made join recurd.template_tags g on g.recurring_task_id = made.recurring_task_id
        on conflict do nothing
), told as (
    insert into recurd.notifications (key, kind, user_id, task_id, template_id, at)
    select recurd.notification_key('task_created', id, occurrence_at), 'task_created', user_id, id,
           recurring_task_id, occurrence_at
      from made
     where $4::boolean
        on conflict (key) do nothing
), advanced as (
    update {app}.recurring_tasks t
       set next_due_at = s.next_due_at, planned_due_at = s.planned_due_at,
           made_through = s.made_through, used_count = s.used_count, starts_local = s.starts_local,
           starts_zone = s.starts_zone, ended_at = s.ended_at, is_active = s.is_active,
           replan_at = s.replan_at, failed_at = s.failed_at, failure = s.failure
      from unnest($5::text[], $6::timestamptz[], $7::timestamptz[], $8::timestamptz[], $9::bigint[],
                  $10::timestamp[], $11::text[], $12::timestamptz[], $13::boolean[],
                  $14::timestamptz[], $15::timestamptz[], $16::text[])
           as s (id, next_due_at, planned_due_at, made_through, used_count, starts_local,
                 starts_zone, ended_at, is_active, replan_at, failed_at, failure)
     where t.id = s.id
), decided as (
    insert into recurd.decisions (template_id, kind, first_at, last_at, occurrences, detail)
    select * from unnest($17::text[], $18::text[], $19::timestamptz[], $20::timestamptz[],
                         $21::bigint[], $22::text[])
)
select id::text from made;
