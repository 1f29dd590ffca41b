-- Caller: job/generate.c.
-- One batch, whole: instances with their tags and notifications, the templates' new state, and the
-- decisions that were taken.  The server copies the texts from the template.  The templates are the
-- claim's, which locked them: none of them moves before the end of the transaction, so that each is
-- found by its place, not by its id.  Arrays are unnested side by side in a SELECT list, because in
-- FROM each of them would be stored first; one that is shorter yields nulls.
-- Instances:  $1 template ids   $2 their places (tid[])   $3 occurrences   $4 task ids
--             of overrides, empty arrays where the batch has none: $5 due dates   $6 titles
--             $7 descriptions   $8 priorities
--             $9 kind of their notifications, null: none
-- Templates:  $10 ids   $11 places (tid[])   $12 next_due_at   $13 planned_due_at   $14 made_through
--             $15 used_count   $16 starts_local   $17 starts_zone   $18 ended_at   $19 is_active
--             $20 replan_at   $21 failed_at   $22 failure
--             $18, $20, $21, $22 are empty where the batch has none
--             $32 wake_at   $33 which version of their policies they were planned by; both empty where the batch has no
--             template with policies.  Where somebody wrote these meanwhile, it is looked at again at once.
-- Tasks that give way to an instance (policy "overlap"): $34 ids   $35 their templates, empty where the batch has none
-- Decisions:  $23 template ids   $24 kinds   $25 first_at   $26 last_at   $27 occurrences   $28 details
-- Keys of the notifications, in the order of the ids: $29 task ids (uuid[])   $30 keys (uuid[])   $31 keys of the
--             newer format, of events before keys_from (uuid[]), empty where the batch has none.  Each row finds
--             its own by bisection; a task whose id was changed, which is refused below, has none, and its id
--             serves.
-- Returns a row for each task that was made, at least one: its id (null: none was made), and in each whether
-- the tasks were made as planned (with their ids, templates and occurrences), whether all of them were
-- tagged, whether all were told of, and how many templates and decisions were written: a trigger, a rule
-- or a policy of the application's can drop a row, or change it, without an error.  A template counts
-- where it is no longer due, or has what we wrote.
-- A template that was tried again because a setting has changed keeps the words of its failure until then: the same
-- verdict is no second decision.
-- In the careful form, what is there already is passed over; so is a task that lost its template, which was
-- deleted and came back under its id.  The row of a task whose notification met another in its place has key,
-- kind, task and instant of that, see reminder_write.
-- Index: ux_tasks_recurring_task_id_occurrence_at, pk_template_tags, pk_policies, tasks_pkey; in the careful form the one of keys.
-- Result: text bool bool bool int8 int8 text text text timestamptz
with made as (
    insert into {app}.tasks (id, title, description, priority, user_id, is_complete, due_date,
                             created_at, updated_at, recurring_task_id, occurrence_at)
    select o.task_id, coalesce(o.title, t.title), coalesce(o.description, t.description),
           coalesce(o.priority, t.priority), t.user_id, false, coalesce(o.due_at, o.occurrence),
           recurd.now() at time zone 'UTC', recurd.now() at time zone 'UTC', t.id, o.occurrence
      from (select unnest($1::text[]) as template, unnest($2::tid[]) as place,
                   unnest($3::timestamptz[]) as occurrence, unnest($4::text[]) as task_id,
                   unnest($5::timestamptz[]) as due_at, unnest($6::text[]) as title,
                   unnest($7::text[]) as description, unnest($8::text[]) as priority) o
      join {app}.recurring_tasks t on t.ctid = o.place and t.id = o.template
    {other where not exists (select from {app}.tasks k where k.id = o.task_id and k.recurring_task_id is null)}
    {other on conflict (recurring_task_id, occurrence_at) where recurring_task_id is not null do nothing}
    returning id, user_id, recurring_task_id, occurrence_at
), label as materialized (
    select made.id, g.tag_id
      from made join recurd.template_tags g on g.recurring_task_id = made.recurring_task_id
), tagged as (
    insert into {app}.task_tags (task_id, tag_id)
    select id, tag_id from label
    {other on conflict (task_id, tag_id) do nothing}
    returning 1
), named as materialized (
    select p.*, case when ($29::uuid[])[p.place] = p.id::uuid
                     then pg_catalog.encode(pg_catalog.uuid_send(($30::uuid[])[p.place]), 'hex') else p.id end as key,
           pg_catalog.encode(pg_catalog.uuid_send(($31::uuid[])[p.place]), 'hex') as newer
      from (select made.*, case when id like '________-____-____-____-____________'
                                then pg_catalog.width_bucket(id::uuid, $29::uuid[]) end as place
              from made offset 0) p
), event as materialized (
    select e.key, e.id, e.user_id, e.recurring_task_id, e.occurrence_at
      from named e
     where $9::text is not null
    {other and not exists (select from recurd.notifications n where n.key = e.key)}
    {other and not exists (select from recurd.notifications n where n.key = e.newer and n.kind = $9 and n.task_id = e.id and n.at = e.occurrence_at)}
), told as (
    insert into recurd.notifications (key, kind, user_id, task_id, template_id, at)
    select key, $9::text, user_id, id, recurring_task_id, occurrence_at from event
    {other on conflict (key) do nothing}
    returning key
), advanced as (
    update {app}.recurring_tasks t
       set next_due_at = s.next_due_at, planned_due_at = s.planned_due_at,
           made_through = s.made_through, used_count = s.used_count, starts_local = s.starts_local,
           starts_zone = s.starts_zone, ended_at = s.ended_at, is_active = s.is_active,
           replan_at = s.replan_at, failed_at = s.failed_at, failure = s.failure,
           wake_at = case when t.wake_at is not null then
               (select case when p.xmin::pg_catalog.text::bigint is distinct from s.policy then recurd.now()
                            else coalesce(s.wake_at, s.next_due_at) end
                  from recurd.policies p where p.template_id = t.id) end
      from (select unnest($10::text[]) as id, unnest($11::tid[]) as place,
                   unnest($12::timestamptz[]) as next_due_at, unnest($13::timestamptz[]) as planned_due_at,
                   unnest($14::timestamptz[]) as made_through, unnest($15::bigint[]) as used_count,
                   unnest($16::timestamp[]) as starts_local, unnest($17::text[]) as starts_zone,
                   unnest($18::timestamptz[]) as ended_at, unnest($19::boolean[]) as is_active,
                   unnest($20::timestamptz[]) as replan_at, unnest($21::timestamptz[]) as failed_at,
                   unnest($22::text[]) as failure, unnest($32::timestamptz[]) as wake_at,
                   unnest($33::bigint[]) as policy) s
     where t.ctid = s.place and t.id = s.id
    returning t.next_due_at is not distinct from s.next_due_at and t.planned_due_at is not distinct from s.planned_due_at
                  and t.failed_at is not distinct from s.failed_at
              or t.next_due_at > recurd.now() and t.planned_due_at is not distinct from s.planned_due_at as so
), superseded as (
    update {app}.tasks k set is_complete = true, updated_at = recurd.now() at time zone 'UTC'
      from (select unnest($34::text[]) as id, unnest($35::text[]) as template) s
     where k.id = s.id and (k.recurring_task_id = s.template) is true and not k.is_complete
    returning 1
), verdict as materialized (
    select v.*, case when v.kind = 'quarantined'
                     then exists (select from {app}.recurring_tasks t
                                   where t.id = v.template_id and t.failed_at is null and t.failure = v.detail)
                     else false end as known
      from unnest($23::text[], $24::text[], $25::timestamptz[], $26::timestamptz[], $27::bigint[], $28::text[])
           as v (template_id, kind, first_at, last_at, occurrences, detail)
), decided as (
    insert into recurd.decisions (template_id, kind, first_at, last_at, occurrences, detail)
    select template_id, kind, first_at, last_at, occurrences, detail from verdict where not known
    returning 1
), planned as (
    select pg_catalog.count(*) as n,
           pg_catalog.sum(pg_catalog.hash_record_extended(row(o.task_id, o.template, o.occurrence), 0)) as hash
      from unnest($4::text[], $1::text[], $3::timestamptz[]) o (task_id, template, occurrence)
    {other where not exists (select from {app}.tasks k where k.id = o.task_id)}
    {other and not exists (select from {app}.tasks k where k.recurring_task_id = o.template and k.occurrence_at = o.occurrence)}
), written as (
    select pg_catalog.count(*) as n,
           pg_catalog.sum(pg_catalog.hash_record_extended(row(id::text, recurring_task_id::text, occurrence_at), 0)) as hash
      from made
)
select m.id::text, n.*, there.*
  from (select (select p.n = w.n and p.hash is not distinct from w.hash from planned p, written w) as made_as_planned,
               (select count(*) from label) = (select count(*) from tagged) as all_tagged,
               (select count(*) from event) = (select count(*) filter (where t.key in (select e.key from event e)) from told t) as all_told,
               (select count(*) from advanced where so) as advanced,
               (select count(*) from decided) + (select count(*) from verdict where known) as decided) n
  left join named m on true
  left join lateral (select null::text as key, null::text as kind, null::text as task_id, null::timestamptz as at
                      where false
    {other union all (select n.key, n.kind, n.task_id, n.at from recurd.notifications n where $9 is not null and n.key = any (array[m.key, m.newer])}
    {other and (n.key is not distinct from m.newer) = ((n.kind, n.task_id, n.at) is not distinct from ($9, m.id, m.occurrence_at)) limit 1)}
                    ) there on true;
