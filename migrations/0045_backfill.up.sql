-- Backfill: occurrences of a span of the past that have no instance are made, because somebody asks for it.
--
-- Rules are expanded by workers: what is asked for is a row here, which they work off in small transactions, each of
-- which says in the row how far it came.
create table recurd.backfills (
    id text constraint pk_backfills primary key default pg_catalog.gen_random_uuid()::text,
    template_id varchar not null
        constraint fk_backfills_template_id references recurring_tasks (id) on update cascade on delete cascade,
    asked_from timestamptz not null,                     -- occurrences from the one instant to the other, both inclusive
    asked_to timestamptz not null,
    asked_at timestamptz not null default recurd.now(),
    asked_by text default coalesce(nullif(pg_catalog.current_setting('recurd.actor', true), ''), session_user),
    next_at timestamptz not null default recurd.now(),   -- when a worker looks at it
    through timestamptz,                                 -- up to there all was looked at
    made integer not null default 0,                     -- tasks
    present integer not null default 0,                  -- occurrences that had an instance
    left_out integer not null default 0,                 -- occurrences that the rule, or the calendar, leaves out
    outcome text                                         -- null: under way; done, capped, limited, failed
        constraint ck_backfills_outcome check (outcome in ('done', 'capped', 'limited', 'failed')),
    detail text,                                         -- what it waits for, or why it ended
    finished_at timestamptz,
    constraint ck_backfills_span
        check (pg_catalog.isfinite(asked_from) and pg_catalog.isfinite(asked_to) and asked_from <= asked_to),
    constraint ck_backfills_finished check ((outcome is null) = (finished_at is null))
);
create index ix_backfills_pending on recurd.backfills (next_at) where finished_at is null;
create index ix_backfills_template_id on recurd.backfills (template_id, asked_at);
create index ix_backfills_finished_at on recurd.backfills (finished_at) where finished_at is not null;

-- Idle workers are woken where the step "wakeup" is there, which may come and go.
create function recurd.backfill_wake() returns trigger
    language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    if pg_catalog.to_regprocedure('recurd.wake(timestamptz)') is not null then
        execute 'select recurd.wake($1)' using new.next_at;
    end if;
    return null;
end
$$;

create trigger recurd_backfill_asked_wake after insert on recurd.backfills
    for each row when (new.finished_at is null)
    execute function recurd.backfill_wake();

-- What recurd.trigger() made was told by no worker, so that nobody was hinted at it; likewise, and no more than half of
-- the server's queue.
create function recurd.decision_wake() returns trigger
    language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    task text := recurd.instance_id(new.template_id, new.first_at);
begin
    if pg_catalog.to_regprocedure('recurd.wake(timestamptz)') is null
       or pg_catalog.pg_notification_queue_usage() >= 0.5 then
        return null;
    end if;
    execute 'select recurd.wake($1)' using new.at;
    if exists (select from recurd.notifications as n
                where n.key = recurd.notification_key('task_created', task, new.first_at)) then
        perform pg_catalog.pg_notify('recurd', pg_catalog.format('{"kind":"task_created","count":1,"tasks":["%s"]}', task));
    end if;
    return null;
end
$$;

create trigger recurd_decision_wake after insert on recurd.decisions
    for each row when (new.kind = 'triggered')
    execute function recurd.decision_wake();

-- For applications and recurctl, with the rights of whoever calls.  Who asks twice for the same gets the same request.
do $$
begin
    execute pg_catalog.format($create$
        create function recurd.backfill(template text, since timestamptz, until timestamptz) returns text
            language plpgsql set search_path = pg_catalog, pg_temp
        as $body$
        declare
            t record;
            asked text;
            pending integer;
        begin
            if template is null or pg_catalog.isfinite(since) is not true or pg_catalog.isfinite(until) is not true then
                raise invalid_parameter_value using message = 'expected a template''s id and two instants',
                    hint = 'As in recurd.backfill(id, ''2027-01-01'', ''2027-02-01'').';
            end if;
            select o.id, o.failed_at, o.failure into t from %1$I.recurring_tasks as o where o.id = template for key share;
            if t.id is null then
                raise no_data_found using message = pg_catalog.format('there is no template %%s', template),
                    hint = 'Its id is the one in recurring_tasks.';
            end if;
            if t.failed_at is not null then
                raise object_not_in_prerequisite_state using
                    message = pg_catalog.format('template %%s is in quarantine: %%s', template, t.failure),
                    hint = 'Mend its rule first.';
            end if;
            if since > until then
                raise invalid_parameter_value using
                    message = pg_catalog.format('expected a span, got one that ends (%%s) before it begins (%%s)', until, since),
                    hint = 'Give the earlier instant first.';
            end if;
            if since > recurd.now() then
                raise invalid_parameter_value using
                    message = pg_catalog.format('%%s lies ahead, it is %%s', since, recurd.now()),
                    hint = 'What is still to come comes by itself.';
            end if;
            if until > recurd.now() then
                raise notice using
                    message = pg_catalog.format('template %%s: backfilled up to now, %%s', template, recurd.now()),
                    hint = 'What is still to come comes by itself.';
                until := recurd.now();
            end if;
            select b.id into asked from recurd.backfills as b
             where b.template_id = template and b.finished_at is null and b.asked_from = since and b.asked_to = until
             limit 1;
            if asked is not null then
                return asked;
            end if;
            select count(*) into pending
              from (select from recurd.backfills as b where b.template_id = template and b.finished_at is null limit 100) as x;
            if pending >= 100 then
                raise program_limit_exceeded using
                    message = pg_catalog.format('100 backfills of template %%s are under way', template),
                    hint = 'Wait for them, or delete their rows of recurd.backfills.';
            end if;
            insert into recurd.backfills (template_id, asked_from, asked_to) values (template, since, until)
            returning id into asked;
            return asked;
        end
        $body$
    $create$, current_schema());
end
$$;

-- As before, but that rows of recurd.reminders count as tasks.remind_at does: who looked for what is to come saw half.
do $$
begin
    execute pg_catalog.format($create$
        create or replace function recurd.status_figures()
            returns table (
                now timestamptz, live_since timestamptz,
                templates bigint, templates_active bigint, templates_due bigint, templates_lag interval,
                templates_paused bigint, templates_ended bigint, templates_quarantined bigint,
                templates_replan bigint, next_due_at timestamptz,
                reminders_pending bigint, reminders_due bigint, reminders_lag interval,
                next_remind_at timestamptz,
                workers_alive bigint, workers_dead bigint, last_seen_at timestamptz,
                notifications_last_hour bigint, oldest_snapshot_age interval,
                capped text[], estimates jsonb)
            language sql stable
            set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_indexscan = on
            set enable_indexonlyscan = on set enable_nestloop = on set jit = off
        as $body$
            with active as (
                -- In the order in which they are due: what is due comes first.
                select count(*) as n, count(*) filter (where coalesce(x.wake_at, x.at) <= recurd.now()) as due,
                       count(*) filter (where x.ended_at is null) as only
                from (select t.next_due_at as at, t.wake_at, t.ended_at
                      from %1$I.recurring_tasks as t
                      where t.is_active and t.failed_at is null
                      order by t.next_due_at limit 1001) as x
            ), quarantined as (
                select count(*) as n
                from (select from %1$I.recurring_tasks as t
                      where t.failed_at is not null
                      order by t.next_due_at limit 1001) as x
            ), paused as (
                select count(*) as all, count(*) filter (where not x.is_active) as n,
                       count(*) filter (where x.failed_at is null) as only
                from (select t.failed_at, t.is_active
                      from %1$I.recurring_tasks as t
                      where t.is_active is not true and t.ended_at is null
                      order by t.next_due_at limit 1001) as x
            ), ended as (
                select count(*) as n, count(*) filter (where x.failed_at is null) as only
                from (select t.failed_at, t.is_active
                      from %1$I.recurring_tasks as t
                      where t.ended_at is not null
                      order by t.next_due_at limit 1001) as x
            ), replan as (
                select count(*) as n
                from (select from %1$I.recurring_tasks as t
                      where t.replan_at is not null and t.failed_at is null
                            and (t.is_active or t.ended_at is not null)
                      order by t.replan_at limit 1001) as x
            ), pending as (
                select count(*) as n
                from (select from %1$I.tasks as k
                      where k.remind_at is not null and not k.is_complete
                            and (k.reminded_at is null or k.remind_at > k.reminded_at)
                      order by k.remind_at limit 1001) as x
            ), more_pending as (
                -- Of those that are read, whose task is complete is not told.
                select case when count(*) > 1000 then 1001 else count(*) filter (where not k.is_complete) end as n
                from (select r.task_id from recurd.reminders as r
                      where r.remind_at is not null and (r.reminded_at is null or r.remind_at > r.reminded_at)
                      order by r.remind_at limit 1001) as x
                left join lateral (select m.is_complete from %1$I.tasks as m where m.id = x.task_id offset 0) as k on true
            ), more_due as (
                select count(*) as n
                from (select from recurd.reminders as r
                      where r.remind_at is not null and (r.reminded_at is null or r.remind_at > r.reminded_at)
                            and r.remind_at <= recurd.now()
                      order by r.remind_at limit 1001) as x
            ), reminder as (
                select count(*) as n
                from (select from %1$I.tasks as k
                      where k.remind_at is not null and not k.is_complete
                            and (k.reminded_at is null or k.remind_at > k.reminded_at)
                            and k.remind_at <= recurd.now() and k.remind_at > '-infinity'
                      order by k.remind_at limit 1001) as x
            ), told as (
                select count(*) as n
                from (select from recurd.notifications as n
                      where n.created_at > recurd.now() - interval '1 hour'
                      order by n.created_at desc limit 1001) as x
            ), worker as (
                select count(*) filter (where w.state = 'alive') as alive,
                       count(*) filter (where w.state = 'dead') as dead,
                       max(w.seen_at) as seen
                from recurd.worker_states as w
            ), figure (name, n, index) as (
                -- Every template is in one of the four that make up the first; what is capped in one of
                -- them is so in the sum.
                select 'templates',
                       case when greatest(active.n, quarantined.n, paused.all, ended.n) > 1000 then 1001
                            else active.only + quarantined.n + paused.only + ended.only end,
                       'recurring_tasks'
                from active, quarantined, paused, ended
                union all select 'templates_active', active.n, 'ix_recurring_tasks_due' from active
                union all select 'templates_due', active.due, null from active
                union all select 'templates_paused', paused.n, 'ix_recurring_tasks_paused' from paused
                union all select 'templates_ended', ended.n, 'ix_recurring_tasks_ended' from ended
                union all select 'templates_quarantined', quarantined.n, 'ix_recurring_tasks_quarantined'
                          from quarantined
                union all select 'templates_replan', replan.n, 'ix_recurring_tasks_replan' from replan
                union all select 'reminders_pending', pending.n + more_pending.n, 'ix_tasks_pending_remind_at'
                          from pending, more_pending
                union all select 'reminders_due', reminder.n + more_due.n, null from reminder, more_due
                union all select 'notifications_last_hour', told.n, null from told
            ), cut as (
                -- What VACUUM and ANALYZE last knew of those that are capped.
                select pg_catalog.array_agg(f.name) as names,
                       pg_catalog.jsonb_object_agg(f.name, (c.reltuples + coalesce(m.reltuples, 0))::bigint)
                           filter (where c.reltuples + coalesce(m.reltuples, 0) > 1000) as estimates
                from figure as f
                left join pg_catalog.pg_class as c
                     on c.oid = pg_catalog.to_regclass(pg_catalog.quote_ident(%1$L) || '.' || f.index)
                left join pg_catalog.pg_class as m
                     on f.name = 'reminders_pending' and m.oid = pg_catalog.to_regclass('recurd.ix_reminders_pending')
                        and m.reltuples > 0
                where f.n > 1000
            ), c as (
                select pg_catalog.jsonb_object_agg(f.name, least(f.n, 1000)) as n from figure as f
            )
            select recurd.now(), s.live_since,
                   (c.n->>'templates')::bigint, (c.n->>'templates_active')::bigint,
                   (c.n->>'templates_due')::bigint,
                   -- An instant can be infinite, and PostgreSQL refuses to subtract such a one.
                   recurd.now() - least((select t.next_due_at from %1$I.recurring_tasks as t
                                         where t.is_active and t.failed_at is null and t.next_due_at <= recurd.now()
                                               and t.next_due_at > '-infinity' and t.wake_at is null
                                         order by t.next_due_at limit 1),
                                        (select t.wake_at from %1$I.recurring_tasks as t
                                         where t.is_active and t.failed_at is null and t.wake_at <= recurd.now()
                                               and t.wake_at > '-infinity'
                                         order by t.wake_at limit 1)),
                   (c.n->>'templates_paused')::bigint, (c.n->>'templates_ended')::bigint,
                   (c.n->>'templates_quarantined')::bigint, (c.n->>'templates_replan')::bigint,
                   (select t.next_due_at from %1$I.recurring_tasks as t
                    where t.is_active and t.failed_at is null and t.next_due_at > recurd.now()
                          and t.next_due_at < 'infinity'
                    order by t.next_due_at limit 1),
                   (c.n->>'reminders_pending')::bigint, (c.n->>'reminders_due')::bigint,
                   recurd.now() - least((select k.remind_at from %1$I.tasks as k
                                         where k.remind_at is not null and not k.is_complete
                                               and (k.reminded_at is null or k.remind_at > k.reminded_at)
                                               and k.remind_at <= recurd.now() and k.remind_at > '-infinity'
                                         order by k.remind_at limit 1),
                                        (select r.remind_at from recurd.reminders as r
                                         where r.remind_at is not null
                                               and (r.reminded_at is null or r.remind_at > r.reminded_at)
                                               and r.remind_at <= recurd.now()
                                         order by r.remind_at limit 1)),
                   least((select k.remind_at from %1$I.tasks as k
                          where k.remind_at is not null and not k.is_complete
                                and (k.reminded_at is null or k.remind_at > k.reminded_at)
                                and k.remind_at > recurd.now() and k.remind_at < 'infinity'
                          order by k.remind_at limit 1),
                         (select r.remind_at from recurd.reminders as r
                          where r.remind_at is not null and (r.reminded_at is null or r.remind_at > r.reminded_at)
                                and r.remind_at > recurd.now()
                          order by r.remind_at limit 1)),
                   worker.alive, worker.dead, worker.seen,
                   (c.n->>'notifications_last_hour')::bigint,
                   (select max(pg_catalog.clock_timestamp() - a.xact_start)
                    from pg_catalog.pg_stat_activity as a
                    where a.backend_xmin is not null and a.pid <> pg_catalog.pg_backend_pid()),
                   coalesce(cut.names, '{}'), coalesce(cut.estimates, '{}')
            from recurd.settings as s, worker, cut, c
        $body$
    $create$, current_schema());
    execute pg_catalog.format($create$
        create or replace function recurd.upcoming_rows()
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
            union all
            (select r.remind_at, 'reminder'::text, k.user_id::text, k.recurring_task_id::text, k.id::text,
                    k.title::text, k.priority::text
             from recurd.reminders as r
             join %1$I.tasks as k on k.id = r.task_id
             where r.remind_at is not null and (r.reminded_at is null or r.remind_at > r.reminded_at)
                   and not k.is_complete
             order by r.remind_at)
        $body$
    $create$, current_schema());
    execute pg_catalog.format($create$
        create or replace function recurd.upcoming(n integer default 20)
            returns table (at timestamptz, kind text, user_id text, template_id text, task_id text,
                           title text, priority text)
            language sql stable rows 20
            set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_indexscan = on
            set enable_nestloop = on set enable_hashjoin = off set enable_mergejoin = off set jit = off
        as $body$
            select u.*
              from ((select t.next_due_at as at, 'occurrence'::text, t.user_id::text, t.id::text, null::text,
                            t.title::text, t.priority::text
                     from %1$I.recurring_tasks as t
                     where t.is_active and t.failed_at is null and t.next_due_at < 'infinity'
                     order by t.next_due_at
                     limit greatest(coalesce(n, 20), 0))
                    union all
                    (select k.remind_at, 'reminder'::text, k.user_id::text, k.recurring_task_id::text, k.id::text,
                            k.title::text, k.priority::text
                     from %1$I.tasks as k
                     where k.remind_at is not null and not k.is_complete
                           and (k.reminded_at is null or k.remind_at > k.reminded_at)
                           and k.remind_at > '-infinity' and k.remind_at < 'infinity'
                     order by k.remind_at
                     limit greatest(coalesce(n, 20), 0))
                    union all
                    (select r.remind_at, 'reminder'::text, k.user_id::text, k.recurring_task_id::text, k.id::text,
                            k.title::text, k.priority::text
                     from recurd.reminders as r
                     join %1$I.tasks as k on k.id = r.task_id
                     where r.remind_at is not null and (r.reminded_at is null or r.remind_at > r.reminded_at)
                           and not k.is_complete
                     order by r.remind_at
                     limit greatest(coalesce(n, 20), 0))) as u
             order by u.at
             limit greatest(coalesce(n, 20), 0)
        $body$
    $create$, current_schema());
end
$$;

-- Triggers fire without this right; nobody else may put the functions on a table of his own.
revoke all on function recurd.backfill_wake() from public;
revoke all on function recurd.decision_wake() from public;

grant select, insert, update, delete on recurd.backfills to recurd_worker;
grant select on recurd.backfills to recurd_reader;
-- Its own right, because everybody's may go at any time; the table's decide.
grant execute on function recurd.backfill(text, timestamptz, timestamptz) to recurd_worker, recurd_reader;
