drop trigger recurd_policies_audited on recurd.policies;
drop function recurd.policies_audited();
delete from recurd.changes where kind = 'policies';

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
                union all select 'reminders_pending', pending.n, 'ix_tasks_pending_remind_at' from pending
                union all select 'reminders_due', reminder.n, null from reminder
                union all select 'notifications_last_hour', told.n, null from told
            ), cut as (
                -- What VACUUM and ANALYZE last knew of those that are capped.
                select pg_catalog.array_agg(f.name) as names,
                       pg_catalog.jsonb_object_agg(f.name, c.reltuples::bigint)
                           filter (where c.reltuples > 1000) as estimates
                from figure as f
                left join pg_catalog.pg_class as c
                     on c.oid = pg_catalog.to_regclass(pg_catalog.quote_ident(%1$L) || '.' || f.index)
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
                   recurd.now() - (select k.remind_at from %1$I.tasks as k
                                   where k.remind_at is not null and not k.is_complete
                                         and (k.reminded_at is null or k.remind_at > k.reminded_at)
                                         and k.remind_at <= recurd.now() and k.remind_at > '-infinity'
                                   order by k.remind_at limit 1),
                   (select k.remind_at from %1$I.tasks as k
                    where k.remind_at is not null and not k.is_complete
                          and (k.reminded_at is null or k.remind_at > k.reminded_at)
                          and k.remind_at > recurd.now() and k.remind_at < 'infinity'
                    order by k.remind_at limit 1),
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
                   order by k.remind_at limit 50000)) as x
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
                     limit least(greatest(n, 0), 1000))) as u
             order by u.at
             limit least(greatest(n, 0), 1000)
        $body$
    $create$, current_schema());
end
$$;
