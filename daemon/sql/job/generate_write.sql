-- Caller: job/generator.c.
-- One batch, whole: instances with their tags and notifications, the templates' new state, and the
-- decisions that were taken.  The server copies the texts from the template.  The templates are the
-- claim's, which locked them: none of them moves before the end of the transaction, so that each is
-- found by its place, not by its id.  Arrays are unnested side by side in a SELECT list, because in
-- FROM each of them would be stored first; one that is shorter yields nulls.
-- Instances:  $1 template ids   $2 occurrences   $3 task ids   $4 whether to tell of them
--             $27 places of the templates (tid[])
--             of overrides, empty arrays where the batch has none: $23 due dates   $24 titles
--             $25 descriptions   $26 priorities
-- Templates:  $5 ids   $6 next_due_at   $7 planned_due_at   $8 made_through   $9 used_count
--             $10 starts_local   $11 starts_zone   $12 ended_at   $13 is_active
--             $14 replan_at   $15 failed_at   $16 failure   $28 places (tid[])
--             $12, $14, $15, $16 are empty where the batch has none
-- Decisions:  $17 template ids   $18 kinds   $19 first_at   $20 last_at   $21 occurrences   $22 details
-- Returns the ids of the tasks that were made.
-- Index: ux_tasks_recurring_task_id_occurrence_at, pk_template_tags.
-- Result: text
with made as (
    insert into {app}.tasks (id, title, description, priority, user_id, is_complete, due_date,
                             created_at, updated_at, recurring_task_id, occurrence_at)
    select o.task_id, coalesce(o.title, t.title), coalesce(o.description, t.description),
           coalesce(o.priority, t.priority), t.user_id, false, coalesce(o.due_at, o.occurrence),
           recurd.now() at time zone 'UTC', recurd.now() at time zone 'UTC', t.id, o.occurrence
      from (select unnest($1::text[]) as template, unnest($2::timestamptz[]) as occurrence,
                   unnest($3::text[]) as task_id, unnest($27::tid[]) as place,
                   unnest($23::timestamptz[]) as due_at, unnest($24::text[]) as title,
                   unnest($25::text[]) as description, unnest($26::text[]) as priority) o
      join {app}.recurring_tasks t on t.ctid = o.place and t.id = o.template
    {on conflict}
    returning id, user_id, recurring_task_id, occurrence_at
), tagged as (
    insert into {app}.task_tags (task_id, tag_id)
    select made.id, g.tag_id
      from made join recurd.template_tags g on g.recurring_task_id = made.recurring_task_id
    {on conflict}
), told as (
    insert into recurd.notifications (key, kind, user_id, task_id, template_id, at)
    select recurd.notification_key('task_created', id, occurrence_at), 'task_created', user_id, id,
           recurring_task_id, occurrence_at
      from made
     where $4::boolean
    {on conflict}
), advanced as (
    update {app}.recurring_tasks t
       set next_due_at = s.next_due_at, planned_due_at = s.planned_due_at,
           made_through = s.made_through, used_count = s.used_count, starts_local = s.starts_local,
           starts_zone = s.starts_zone, ended_at = s.ended_at, is_active = s.is_active,
           replan_at = s.replan_at, failed_at = s.failed_at, failure = s.failure
      from (select unnest($5::text[]) as id, unnest($28::tid[]) as place,
                   unnest($6::timestamptz[]) as next_due_at, unnest($7::timestamptz[]) as planned_due_at,
                   unnest($8::timestamptz[]) as made_through, unnest($9::bigint[]) as used_count,
                   unnest($10::timestamp[]) as starts_local, unnest($11::text[]) as starts_zone,
                   unnest($12::timestamptz[]) as ended_at, unnest($13::boolean[]) as is_active,
                   unnest($14::timestamptz[]) as replan_at, unnest($15::timestamptz[]) as failed_at,
                   unnest($16::text[]) as failure) s
     where t.ctid = s.place and t.id = s.id
), decided as (
    insert into recurd.decisions (template_id, kind, first_at, last_at, occurrences, detail)
    select * from unnest($17::text[], $18::text[], $19::timestamptz[], $20::timestamptz[],
                         $21::bigint[], $22::text[])
)
select id::text from made;
