-- Caller: job/repeat.c.
-- One batch, whole: successors with their tags and notifications, their places in their chains, what becomes of the
-- rows of recurd.repeats, and the decisions that were taken.  The server copies the texts from the tasks that were
-- completed, which the claim has locked.
-- Successors: $1 the tasks that they follow   $2 their places (tid[])   $3 ids   $4 due dates   $5 remind_at
--             $6 reminded_at   $7 rules, null: the same   $8 anchors   $9 their zones
--             $10 kind of their notifications, null: none
-- Rows:       $11 over: they go   $12 reopened: nothing is wanted of them   $13 quarantined   $14 why
-- Decisions:  $15 tasks   $16 kinds   $17 instants   $18 details
-- Reminders (recurd.reminders) come again at the same distance to the due date, those that would lie beyond the years 1
-- to 9999 do not; those whose instant has passed then are handled, and what was snoozed is of the completed one alone.
-- Returns whether all were made as planned, tagged, told of, put into their chains, and how many rows and decisions
-- were written: a trigger, a rule or a policy of the application's can drop a row, or change it, without an error.
-- In the careful form there is a row for each successor whose notification met another event under its key, which is
-- behind these columns: the successor, and key, kind, task and instant of that.
-- Nothing is joined with what was made: batches have no hash joins, and nested loops over a batch are quadratic.
-- Index: ix_reminders_task_id, pk_repeats, one of task_tags that begins with task_id; tasks are found by their place.
-- Result: bool bool bool bool int8 int8 text text text text timestamptz
with planned as materialized (
    select unnest($1::text[]) as task, unnest($2::tid[]) as place, unnest($3::text[]) as id,
           unnest($4::timestamptz[]) as due_at, unnest($5::timestamptz[]) as remind_at,
           unnest($6::timestamptz[]) as reminded_at, unnest($7::text[]) as rule,
           unnest($8::timestamp[]) as starts_local, unnest($9::text[]) as starts_zone
), made as (
    insert into {app}.tasks (id, title, description, priority, user_id, is_complete, due_date, remind_at, reminded_at,
                             recurrence_rule, created_at, updated_at, repeat_of)
    select p.id, t.title, t.description, t.priority, t.user_id, false, p.due_at, p.remind_at, p.reminded_at,
           coalesce(p.rule::jsonb, t.recurrence_rule),
           recurd.now() at time zone 'UTC', recurd.now() at time zone 'UTC', t.id
      from planned p
      join {app}.tasks t on t.ctid = p.place and t.id = p.task
    {other where not exists (select from {app}.tasks k where k.id = p.id)}
    {other on conflict (repeat_of) where repeat_of is not null do nothing}
    returning id, user_id, repeat_of, due_date
), label as materialized (
    select made.id, g.tag_id from made join {app}.task_tags g on g.task_id = made.repeat_of
), tagged as (
    insert into {app}.task_tags (task_id, tag_id)
    select id, tag_id from label
    {other on conflict (task_id, tag_id) do nothing}
    returning 1
), event as materialized (
    select e.*
      from (select recurd.notification_key($10::text, id, due_date) as key, id, user_id, due_date as due_at
              from made
             where $10::text is not null) e
    {other where not exists (select from recurd.notifications n where n.key = e.key)}
    {other and not exists (select from recurd.notifications n where e.due_at < recurd.keys_from() and n.task_id = e.id and n.at = e.due_at}
    {other and n.key = pg_catalog.lpad(pg_catalog.to_hex(pg_catalog.floor(extract(epoch from e.due_at) * 1000)::bigint & 281474976710655), 12, '0') || pg_catalog.left(e.key, 20))}
), told as (
    insert into recurd.notifications (key, kind, user_id, task_id, at)
    select key, $10::text, user_id, id, due_at from event
    {other on conflict (key) do nothing}
    returning key
), linked as (
    insert into recurd.repeats as r (task_id, planned_due_at, starts_local, starts_zone)
    select p.id, p.due_at, p.starts_local, p.starts_zone
      from planned p
     where (p.id in (select made.id from made)) is true
        on conflict (task_id) do update
       set planned_due_at = excluded.planned_due_at, starts_local = excluded.starts_local,
           starts_zone = excluded.starts_zone
    returning 1
), reminding as (
    insert into recurd.reminders (id, task_id, remind_at, before, reminded_at, source, created_by)
    select recurd.reminder_id(p.id, r.id), p.id, r.at, r.before,
           case when r.at <= recurd.now() then pg_catalog.date_trunc('second', r.at) + interval '999999 us' end, r.source, r.created_by
      from planned p
      join {app}.tasks t on t.ctid = p.place and t.id = p.task
      join lateral (
          select m.id, m.before, m.source, m.created_by,
                 case when m.before is not null then recurd.remind_at(p.due_at, m.before)
                      when extract(epoch from m.remind_at) + extract(epoch from p.due_at)
                           - extract(epoch from coalesce(t.due_date, t.remind_at)::timestamptz) between -62135596800 and 253402300799
                      then m.remind_at + (p.due_at - coalesce(t.due_date, t.remind_at)::timestamptz) end as at
            from recurd.reminders m
           where m.task_id = p.task and m.source <> 'snooze') r on r.before is not null or r.at is not null
     where (p.id in (select made.id from made)) is true
    {other on conflict (id) do nothing}
), over as (
    delete from recurd.repeats r where r.task_id = any ($11::text[]) returning 1
), reopened as (
    update recurd.repeats r set completed_at = null where r.task_id = any ($12::text[]) returning 1
), quarantined as (
    update recurd.repeats r set failed_at = recurd.now(), failure = f.failure
      from unnest($13::text[], $14::text[]) as f (task_id, failure)
     where r.task_id = f.task_id
    returning 1
), decided as (
    insert into recurd.decisions (task_id, kind, first_at, last_at, detail)
    select d.task_id, d.kind, d.at, d.at, d.detail
      from unnest($15::text[], $16::text[], $17::timestamptz[], $18::text[]) as d (task_id, kind, at, detail)
    returning 1
), wanted as (
    select pg_catalog.count(*) as n,
           pg_catalog.sum(pg_catalog.hash_record_extended(row(p.id, p.task, p.due_at), 0)) as hash
      from planned p
    {other where not exists (select from {app}.tasks k where k.id = p.id)}
    {other and not exists (select from {app}.tasks k where k.repeat_of = p.task)}
), written as (
    select pg_catalog.count(*) as n,
           pg_catalog.sum(pg_catalog.hash_record_extended(row(id::text, repeat_of::text, due_date), 0)) as hash
      from made
)
select n.*, there.*
  from (select (select p.n = w.n and p.hash is not distinct from w.hash from wanted p, written w) as made,
               (select count(*) from label) = (select count(*) from tagged) as tagged,
               (select count(*) from event) = (select count(*) filter (where t.key in (select e.key from event e)) from told t) as told,
               (select count(*) from linked) = (select count(*) from made) as linked,
               (select count(*) from over) + (select count(*) from reopened) + (select count(*) from quarantined) as rows,
               (select count(*) from decided) as decided) n
  left join lateral (select null::text as successor, null::text as key, null::text as kind, null::text as task_id, null::timestamptz as at
                      where false
    {other union all (select m.id::text, n.key, n.kind, n.task_id, n.at from made m join recurd.notifications n on n.key = recurd.notification_key($10::text, m.id, m.due_date)}
    {other where (n.kind, n.task_id, n.at) is distinct from ($10, m.id, m.due_date) limit 1000)}
                    ) there on true;
