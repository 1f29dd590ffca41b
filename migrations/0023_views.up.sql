-- Views for people and monitoring: recurd.upcoming, what comes next, and recurd.status, one row of
-- figures.
--
-- Their bodies are functions with a string for a body: a plain view would depend on the application's
-- columns, and `alter table tasks alter column title type ...` of its own migrations would fail over
-- it.  The functions are inlined; the inner ORDER BYs let the planner merge the two partial indexes, so
-- that `order by at limit n` reads n rows.  They run with the rights of whoever asks.

-- A worker is dead when it missed three heartbeats, and replaced when one of its name came after it.
create view recurd.worker_states as
    select w.*,
           case when w.seen_at >= recurd.now() - 3 * w.heartbeat then 'alive'
                when exists (select from recurd.workers as r
                             where r.name = w.name and r.started_at > w.started_at) then 'replaced'
                else 'dead'
           end as state
    from recurd.workers as w;

do $migration$
begin
    execute pg_catalog.format($create$
        create function recurd.upcoming_rows()
            returns table (at timestamptz, kind text, user_id text, template_id text, task_id text,
                           title text, priority text)
            language sql stable
        as $body$
            (select t.next_due_at, 'occurrence'::text, t.user_id::text, t.id::text, null::text,
                    t.title::text, t.priority::text
             from %1$I.recurring_tasks as t
             where t.is_active and t.failed_at is null and t.next_due_at < 'infinity'
             order by t.next_due_at)
            union all
            (select k.remind_at, 'reminder'::text, k.user_id::text, k.recurring_task_id::text, k.id::text,
                    k.title::text, k.priority::text
             from %1$I.tasks as k
             where k.remind_at is not null and not k.is_complete
                   and (k.reminded_at is null or k.remind_at > k.reminded_at)
                   and k.remind_at > '-infinity' and k.remind_at < 'infinity'
             order by k.remind_at)
        $body$
    $create$, current_schema());

    -- Where a figure's index is partial, its condition is repeated to the letter.  An instant can be
    -- infinite, and PostgreSQL refuses to subtract such a one.
    execute pg_catalog.format($create$
        create function recurd.status_row()
            returns table (
                now timestamptz, live_since timestamptz,
                templates bigint, templates_active bigint, templates_due bigint, templates_lag interval,
                templates_paused bigint, templates_ended bigint, templates_quarantined bigint,
                templates_replan bigint, next_due_at timestamptz,
                reminders_pending bigint, reminders_due bigint, reminders_lag interval,
                next_remind_at timestamptz,
                workers_alive bigint, workers_dead bigint, last_seen_at timestamptz,
                notifications_last_hour bigint, oldest_snapshot_age interval)
            language sql stable
        as $body$
            with template as (
                select count(*) as n,
                       count(*) filter (where is_active and failed_at is null) as active,
                       count(*) filter (where not is_active and ended_at is null) as paused,
                       count(*) filter (where ended_at is not null) as ended,
                       count(*) filter (where failed_at is not null) as quarantined
                from %1$I.recurring_tasks
            ), due as (
                select count(*) as n,
                       min(next_due_at) filter (where next_due_at > '-infinity') as oldest
                from %1$I.recurring_tasks
                where is_active and failed_at is null and next_due_at <= recurd.now()
            ), upcoming as (
                select min(next_due_at) as at
                from %1$I.recurring_tasks
                where is_active and failed_at is null and next_due_at > recurd.now()
                      and next_due_at < 'infinity'
            ), replan as (
                select count(*) as n
                from %1$I.recurring_tasks
                where replan_at is not null and failed_at is null
                      and (is_active or ended_at is not null)
            ), reminder as (
                select count(*) as n,
                       count(*) filter (where remind_at <= recurd.now()
                                        and remind_at > '-infinity') as due,
                       min(remind_at) filter (where remind_at <= recurd.now()
                                              and remind_at > '-infinity') as oldest,
                       min(remind_at) filter (where remind_at > recurd.now() and remind_at < 'infinity') as next
                from %1$I.tasks
                where remind_at is not null and not is_complete
                      and (reminded_at is null or remind_at > reminded_at)
            ), worker as (
                select count(*) filter (where w.state = 'alive') as alive,
                       count(*) filter (where w.state = 'dead') as dead,
                       max(w.seen_at) as seen
                from recurd.worker_states as w
            )
            select recurd.now(), s.live_since,
                   template.n, template.active, due.n,
                   recurd.now() - due.oldest,
                   template.paused, template.ended, template.quarantined, replan.n, upcoming.at,
                   reminder.n, reminder.due, recurd.now() - reminder.oldest,
                   reminder.next,
                   worker.alive, worker.dead, worker.seen,
                   (select count(*) from recurd.notifications as n
                    where n.created_at > recurd.now() - interval '1 hour'),
                   (select max(pg_catalog.clock_timestamp() - a.xact_start)
                    from pg_catalog.pg_stat_activity as a
                    where a.backend_xmin is not null and a.pid <> pg_catalog.pg_backend_pid())
            from recurd.settings as s, template, due, upcoming, replan, reminder, worker
        $body$
    $create$, current_schema());
end
$migration$;

create view recurd.upcoming as select * from recurd.upcoming_rows();
create view recurd.status as select * from recurd.status_row();

comment on view recurd.upcoming is 'Next occurrence of each active template and each pending reminder';
comment on view recurd.status is 'One row of figures: what is due, how late, who works';
comment on view recurd.worker_states is 'Workers with their state: alive, dead, replaced';

grant select on recurd.status, recurd.worker_states to recurd_reader, recurd_worker;
grant select on recurd.upcoming, recurd.settings, recurd.template_tags to recurd_reader;

-- What the views and recurctl's listings read.
do $migration$
begin
    execute pg_catalog.format('grant usage on schema %I to recurd_reader', current_schema());
end
$migration$;
grant select on recurring_tasks, tags to recurd_reader;
grant select (id, user_id, title, description, priority, is_complete, due_date, remind_at, recurrence_rule,
              created_at, updated_at, recurring_task_id, occurrence_at, reminded_at, completed_at, repeat_of)
    on tasks to recurd_reader;
