-- What was missing of reminders, policies and verbs.
--
-- Figures and what comes next count recurd.reminders, too; and what was made, resumed, or given a policy that has more
-- of it due, is late only since then: whoever asked for a lead time of a month had an alarm.
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
                       count(*) filter (where x.ended_at is null) as only,
                       -- What was made, or resumed, after it was due waits since then.  An instant can be infinite, and
                       -- PostgreSQL refuses to subtract such a one.
                       max(recurd.now() - greatest(x.at, case when x.created_at <= recurd.now() then x.created_at end,
                                                   case when x.resumed_at <= recurd.now() then x.resumed_at end))
                           filter (where x.wake_at is null and x.at <= recurd.now() and x.at > '-infinity') as lag
                from (select t.next_due_at as at, t.wake_at, t.ended_at, t.created_at::timestamptz as created_at, t.resumed_at
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
            ), reminder as (
                select count(*) as n
                from (select from %1$I.tasks as k
                      where k.remind_at is not null and not k.is_complete
                            and (k.reminded_at is null or k.remind_at > k.reminded_at)
                            and k.remind_at <= recurd.now() and k.remind_at > '-infinity'
                      order by k.remind_at limit 1001) as x
            ), more as (
                -- Beside tasks.remind_at.  Nobody is reminded of a complete task.
                select count(*) as all, count(*) filter (where x.open) as n,
                       count(*) filter (where x.open and x.at <= recurd.now()) as due,
                       max(recurd.now() - greatest(x.at, case when x.created_at <= recurd.now() then x.created_at end))
                           filter (where x.open and x.at <= recurd.now()) as lag
                from (select r.remind_at as at, r.created_at,
                             (select not k.is_complete from %1$I.tasks as k where k.id = r.task_id) as open
                      from recurd.reminders as r
                      where r.remind_at is not null and (r.reminded_at is null or r.remind_at > r.reminded_at)
                      order by r.remind_at limit 1001) as x
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
            ), figure (name, n, index, other) as (
                -- Every template is in one of the four that make up the first; what is capped in one of
                -- them is so in the sum.
                select 'templates',
                       case when greatest(active.n, quarantined.n, paused.all, ended.n) > 1000 then 1001
                            else active.only + quarantined.n + paused.only + ended.only end,
                       'recurring_tasks', null
                from active, quarantined, paused, ended
                union all select 'templates_active', active.n, 'ix_recurring_tasks_due', null from active
                union all select 'templates_due', active.due, null, null from active
                union all select 'templates_paused', paused.n, 'ix_recurring_tasks_paused', null from paused
                union all select 'templates_ended', ended.n, 'ix_recurring_tasks_ended', null from ended
                union all select 'templates_quarantined', quarantined.n, 'ix_recurring_tasks_quarantined', null
                          from quarantined
                union all select 'templates_replan', replan.n, 'ix_recurring_tasks_replan', null from replan
                union all select 'reminders_pending', case when more.all > 1000 then 1001 else pending.n + more.n end,
                                 'ix_tasks_pending_remind_at', 'ix_reminders_pending' from pending, more
                union all select 'reminders_due', reminder.n + more.due, null, null from reminder, more
                union all select 'notifications_last_hour', told.n, null, null from told
            ), cut as (
                -- What VACUUM and ANALYZE last knew of those that are capped.
                select pg_catalog.array_agg(f.name) as names,
                       pg_catalog.jsonb_object_agg(f.name, (c.reltuples + coalesce(o.reltuples, 0))::bigint)
                           filter (where c.reltuples + coalesce(o.reltuples, 0) > 1000) as estimates
                from figure as f
                left join pg_catalog.pg_class as c
                     on c.oid = pg_catalog.to_regclass(pg_catalog.quote_ident(%1$L) || '.' || f.index)
                left join pg_catalog.pg_class as o on o.oid = pg_catalog.to_regclass('recurd.' || f.other)
                where f.n > 1000
            ), c as (
                select pg_catalog.jsonb_object_agg(f.name, least(f.n, 1000)) as n from figure as f
            )
            select recurd.now(), s.live_since,
                   (c.n->>'templates')::bigint, (c.n->>'templates_active')::bigint,
                   (c.n->>'templates_due')::bigint,
                   greatest(active.lag,
                            -- Since when a worker was to look at it.
                            recurd.now() - (select t.wake_at from %1$I.recurring_tasks as t
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
                   greatest(recurd.now() - (select k.remind_at from %1$I.tasks as k
                                            where k.remind_at is not null and not k.is_complete
                                                  and (k.reminded_at is null or k.remind_at > k.reminded_at)
                                                  and k.remind_at <= recurd.now() and k.remind_at > '-infinity'
                                            order by k.remind_at limit 1),
                            more.lag),
                   least((select k.remind_at from %1$I.tasks as k
                          where k.remind_at is not null and not k.is_complete
                                and (k.reminded_at is null or k.remind_at > k.reminded_at)
                                and k.remind_at > recurd.now() and k.remind_at < 'infinity'
                          order by k.remind_at limit 1),
                         -- Of those to come, behind no more than a hundred of complete tasks.
                         (select min(x.at) filter (where x.open)
                          from (select r.remind_at as at,
                                       (select not k.is_complete from %1$I.tasks as k where k.id = r.task_id) as open
                                from recurd.reminders as r
                                where r.remind_at is not null and (r.reminded_at is null or r.remind_at > r.reminded_at)
                                      and r.remind_at > recurd.now()
                                order by r.remind_at limit 101) as x)),
                   worker.alive, worker.dead, worker.seen,
                   (c.n->>'notifications_last_hour')::bigint,
                   (select max(pg_catalog.clock_timestamp() - a.xact_start)
                    from pg_catalog.pg_stat_activity as a
                    where a.backend_xmin is not null and a.pid <> pg_catalog.pg_backend_pid()),
                   coalesce(cut.names, '{}'), coalesce(cut.estimates, '{}')
            from recurd.settings as s, active, more, worker, cut, c
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
            (select r.remind_at, 'reminder'::text, k.user_id, k.template_id, k.task_id, k.title, k.priority
             from recurd.reminders as r
             cross join lateral (select m.user_id::text, m.recurring_task_id::text as template_id, m.id::text as task_id,
                                        m.title::text, m.priority::text
                                 from %1$I.tasks as m
                                 where m.id = r.task_id and not m.is_complete
                                 offset 0) as k
             where r.remind_at is not null and (r.reminded_at is null or r.remind_at > r.reminded_at)
             order by r.remind_at)
        $body$
    $create$, current_schema());

    execute pg_catalog.format($create$
        create or replace function recurd.upcoming(n integer default 20)
            returns table (at timestamptz, kind text, user_id text, template_id text, task_id text,
                           title text, priority text)
            language sql stable rows 20
            set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_indexscan = on
            set jit = off
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
                    (select r.remind_at, 'reminder'::text, k.user_id, k.template_id, k.task_id, k.title, k.priority
                     from recurd.reminders as r
                     cross join lateral (select m.user_id::text, m.recurring_task_id::text as template_id, m.id::text as task_id,
                                                m.title::text, m.priority::text
                                         from %1$I.tasks as m
                                         where m.id = r.task_id and not m.is_complete
                                         offset 0) as k
                     where r.remind_at is not null and (r.reminded_at is null or r.remind_at > r.reminded_at)
                     order by r.remind_at
                     limit greatest(coalesce(n, 20), 0))) as u
             order by u.at
             limit greatest(coalesce(n, 20), 0)
        $body$
    $create$, current_schema());

    execute pg_catalog.format($create$
        create or replace function recurd.web_minutes()
            returns table (minute integer, made bigint, told bigint, due bigint)
            language sql stable security definer rows 120
            set search_path = pg_catalog, pg_temp set enable_seqscan = off set enable_bitmapscan = off set jit = off
        as $body$
            select pg_catalog.floor(extract(epoch from x.at - recurd.now()) / 60)::integer,
                   count(*) filter (where x.kind = 'task_created'), count(*) filter (where x.kind = 'reminder'),
                   count(*) filter (where x.kind = 'due')
            from ((select n.created_at as at, n.kind from recurd.notifications as n
                   where n.created_at > recurd.now() - interval '1 hour' and n.created_at < recurd.now()
                   order by n.created_at desc limit 50000)
                  union all
                  (select t.next_due_at, 'due' from %1$I.recurring_tasks as t
                   where t.is_active and t.failed_at is null and t.next_due_at >= recurd.now()
                         and t.next_due_at < recurd.now() + interval '1 hour'
                   order by t.next_due_at limit 50000)
                  union all
                  (select k.remind_at, 'due' from %1$I.tasks as k
                   where k.remind_at is not null and not k.is_complete
                         and (k.reminded_at is null or k.remind_at > k.reminded_at)
                         and k.remind_at >= recurd.now() and k.remind_at < recurd.now() + interval '1 hour'
                   order by k.remind_at limit 50000)
                  union all
                  (select r.remind_at, 'due'
                   from recurd.reminders as r
                   cross join lateral (select from %1$I.tasks as m where m.id = r.task_id and not m.is_complete offset 0) as k
                   where r.remind_at is not null and (r.reminded_at is null or r.remind_at > r.reminded_at)
                         and r.remind_at >= recurd.now() and r.remind_at < recurd.now() + interval '1 hour'
                   order by r.remind_at limit 50000)) as x
            group by 1 order by 1
        $body$
    $create$, current_schema());

    execute pg_catalog.format($create$
        create or replace function recurd.web_upcoming(n integer, since timestamptz default '-infinity')
            returns table (at timestamptz, kind text, user_id text, template_id text, task_id text, title text,
                           rule text, starts_local timestamp)
            language sql stable security definer rows 50
            set search_path = pg_catalog, pg_temp set enable_seqscan = off set enable_bitmapscan = off
            set enable_sort = off set jit = off
        as $body$
            select u.*
              from ((select t.next_due_at as at, 'occurrence', t.user_id::text, t.id::text, null::text, t.title::text,
                            case when pg_catalog.octet_length(t.recurrence_rule::text) <= 4096
                                 then t.recurrence_rule::text end, t.starts_local
                     from %1$I.recurring_tasks as t
                     where t.is_active and t.failed_at is null and t.next_due_at < 'infinity' and t.next_due_at >= since
                     order by t.next_due_at
                     limit least(greatest(n, 0), 1000))
                    union all
                    (select k.remind_at, 'reminder', k.user_id::text, k.recurring_task_id::text, k.id::text, k.title::text,
                            null, null
                     from %1$I.tasks as k
                     where k.remind_at is not null and not k.is_complete
                           and (k.reminded_at is null or k.remind_at > k.reminded_at)
                           and k.remind_at > '-infinity' and k.remind_at < 'infinity' and k.remind_at >= since
                     order by k.remind_at
                     limit least(greatest(n, 0), 1000))
                    union all
                    (select r.remind_at, 'reminder', k.user_id, k.template_id, k.task_id, k.title, null, null
                     from recurd.reminders as r
                     cross join lateral (select m.user_id::text, m.recurring_task_id::text as template_id, m.id::text as task_id,
                                                m.title::text, m.priority::text
                                         from %1$I.tasks as m
                                         where m.id = r.task_id and not m.is_complete
                                         offset 0) as k
                     where r.remind_at is not null and (r.reminded_at is null or r.remind_at > r.reminded_at)
                           and r.remind_at >= since
                     order by r.remind_at
                     limit least(greatest(n, 0), 1000))) as u
             order by u.at
             limit least(greatest(n, 0), 1000)
        $body$
    $create$, current_schema());
end
$$;

-- Who changed which policy from what to what.  Runs in the application's transactions: cheap, needs no right of theirs, and
-- never fails.
create function recurd.policies_audited() returns trigger
    language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    own constant text[] := '{template_id,updated_at,updated_by}';
    was jsonb := '{}';
    is_now jsonb := '{}';
begin
    if (select s.audit from recurd.settings as s) is false then
        return null;
    end if;
    if tg_op <> 'INSERT' then
        was := pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(old) - own);
    end if;
    if tg_op <> 'DELETE' then
        is_now := pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(new) - own);
    end if;
    select coalesce(pg_catalog.jsonb_object_agg(k.key, was->k.key), '{}'),
           coalesce(pg_catalog.jsonb_object_agg(k.key, is_now->k.key), '{}')
      into was, is_now
      from pg_catalog.jsonb_object_keys(was || is_now) as k (key)
     where was->k.key is distinct from is_now->k.key;
    if was = is_now then
        return null; -- a row that says nothing came or went
    end if;
    for tries in 1..2 loop
        insert into recurd.changes (kind, template_id, before, after)
        values ('policies', case tg_op when 'DELETE' then old.template_id else new.template_id end, was, is_now)
            on conflict (id) do nothing;
        exit when found;
        perform pg_catalog.setval(pg_catalog.pg_get_serial_sequence('recurd.changes', 'id'), max(c.id))
           from recurd.changes as c;
    end loop;
    return null;
end
$$;

create trigger recurd_policies_audited after insert or update or delete on recurd.policies
    for each row execute function recurd.policies_audited();

-- Triggers fire without this right; nobody else may put the function on a table of his own.
revoke all on function recurd.policies_audited() from public;
