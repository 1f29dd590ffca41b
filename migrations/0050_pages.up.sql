-- What the pages and the figures of recurd-http, recurctl top and recurctl metrics read besides: as that of the step
-- before, bounded and with its owner's rights.

-- One row: the figures of the database, once however many workers it has.  Counts as recurd.status has them, and beyond
-- 1000 what the server's statistics say.
create function recurd.web_figures()
    returns table (now timestamptz, live_since timestamptz, templates_active bigint, templates_paused bigint,
                   templates_ended bigint, templates_quarantined bigint, templates_due bigint, templates_lag interval,
                   reminders_pending bigint, reminders_due bigint, reminders_lag interval, tasks_quarantined bigint,
                   workers_alive bigint, workers_dead bigint, waiting bigint, oldest_snapshot_age interval,
                   consumers bigint, consumers_lag interval)
    language sql stable security definer
    set search_path = pg_catalog, pg_temp set jit = off
as $$
    select f.now, f.live_since,
           coalesce((f.estimates->>'templates_active')::bigint, f.templates_active),
           coalesce((f.estimates->>'templates_paused')::bigint, f.templates_paused),
           coalesce((f.estimates->>'templates_ended')::bigint, f.templates_ended),
           coalesce((f.estimates->>'templates_quarantined')::bigint, f.templates_quarantined),
           f.templates_due, f.templates_lag,
           coalesce((f.estimates->>'reminders_pending')::bigint, f.reminders_pending),
           f.reminders_due, f.reminders_lag,
           (select count(*) from (select from recurd.repeats as r where r.failed_at is not null limit 1000) as x),
           f.workers_alive, f.workers_dead,
           (select count(*) from (select from recurd.waiting as w limit 1000) as x),
           f.oldest_snapshot_age,
           (select count(*) from recurd.consumers as c),
           -- How long the first notification waits that a consumer has not done; of the one that is furthest behind.
           (select max(f.now - n.created_at)
            from (select c.done_through from recurd.consumers as c order by c.done_through limit 1) as c
            cross join lateral (select n.created_at from recurd.notifications as n
                                where n.id > c.done_through and pg_catalog.isfinite(n.created_at)
                                order by n.id limit 1) as n)
    from recurd.status_figures() as f
$$;

-- With what each has counted since its start, in JSON.
drop function recurd.web_workers();
create function recurd.web_workers()
    returns table (name text, state text, pid integer, version text, tzdata text, file text, started_at timestamptz,
                   seen_at timestamptz, generated bigint, reminded bigint, quarantined bigint, figures text)
    language sql stable security definer rows 10
    set search_path = pg_catalog, pg_temp
as $$
    select w.name, w.state, w.pid, w.version, x.tzdata, x.file, w.started_at, w.seen_at, w.generated, w.reminded,
           w.quarantined, x.figures::text
    from recurd.worker_states as w join recurd.workers as x on x.id = w.id
    order by w.state, w.name, w.started_at
    limit 200
$$;

-- The newest edits of a template, in their order: how far its series was at each.
create function recurd.web_changes(template text, n bigint)
    returns table (at timestamptz, by text, rule text, starts_local timestamp, starts_zone text,
                   made_through timestamptz, next_due_at timestamptz, next_due_after timestamptz, passes_over boolean)
    language sql stable security definer rows 20
    set search_path = pg_catalog, pg_temp set enable_seqscan = off set enable_bitmapscan = off set jit = off
as $$
    select c.* from (
        select x.at, x.by,
               case when pg_catalog.octet_length(x.recurrence_rule::text) <= 65536 then x.recurrence_rule::text end,
               x.starts_local, x.starts_zone, x.made_through, x.next_due_at, (x.after->>'next_due_at')::timestamptz,
               coalesce(not x.after ? 'next_due_at'
                   and (recurd.rule_but_overrides(x.recurrence_rule) is not distinct from
                        recurd.rule_but_overrides(x.after->'recurrence_rule')
                        or recurd.rule_but_zone(x.recurrence_rule) = recurd.rule_but_zone(x.after->'recurrence_rule')),
                        false)
        from recurd.changes as x
        where x.template_id between $1 and $1 and x.starts_local is not null and x.starts_zone is not null
        order by x.template_id desc, x.at desc, x.id desc
        limit least(greatest(n, 0), 1000)) as c
    order by 1
$$;

-- Its newest moves to another time zone, in their order.
create function recurd.web_turns(template text, n bigint)
    returns table (zone text, first_at timestamptz, at timestamptz)
    language sql stable security definer rows 20
    set search_path = pg_catalog, pg_temp set enable_seqscan = off set enable_bitmapscan = off set jit = off
as $$
    select t.zone, t.first_at + case when t.stays then interval '1 s' else interval '0' end, t.at from (
        select pg_catalog.split_part(d.detail, ' to ', 1) as zone, d.first_at, d.at, d.id, d.first_at = d.last_at as stays,
               pg_catalog.lag(d.first_at) over (order by d.template_id, d.at, d.id) as before
        from recurd.decisions as d
        where d.template_id between $1 and $1 and d.kind = 'rezoned' and d.detail like '% to %'
              and pg_catalog.isfinite(d.first_at)
        order by d.template_id desc, d.at desc, d.id desc
        limit least(greatest(n, 0), 1000)) as t
    where not t.stays or t.before is distinct from t.first_at
    order by t.id
$$;

-- What its policies say; no row where it is not there.
do $$
begin
    execute pg_catalog.format($create$
        create function recurd.web_policies(template text)
            returns table (policy bigint, wake_at timestamptz, catch_up text, catch_up_window bigint, catch_up_cap bigint,
                           overlap text, lead_time bigint, jitter bigint, remind_before text, calendar text, shift text,
                           pause_catch_up text, open_task text)
            language sql stable security definer rows 1
            set search_path = pg_catalog, pg_temp set enable_seqscan = off set enable_bitmapscan = off set jit = off
        as $body$
            select p.xmin::text::bigint, t.wake_at::timestamptz, p.catch_up::text,
                   (extract(epoch from p.catch_up_window) * 1000000)::bigint, p.catch_up_cap::bigint, p.overlap::text,
                   (extract(epoch from p.lead_time) * 1000000)::bigint, (extract(epoch from p.jitter) * 1000000)::bigint,
                   (select pg_catalog.string_agg((extract(epoch from b) * 1000000)::bigint::text, ',')
                    from pg_catalog.unnest(p.remind_before) as b),
                   p.calendar::text, p.shift::text, p.pause_catch_up::text,
                   (select case when not k.is_complete then k.id::text end from %1$I.tasks as k
                    where k.recurring_task_id is not null and k.recurring_task_id = t.id
                    order by k.recurring_task_id desc, k.occurrence_at desc limit 1)
            from %1$I.recurring_tasks as t
            left join recurd.policies as p on p.template_id = t.id
            where t.id = template
        $body$
    $create$, current_schema());
end
$$;

revoke all on function recurd.web_figures(), recurd.web_workers(), recurd.web_changes(text, bigint),
    recurd.web_turns(text, bigint), recurd.web_policies(text) from public;
grant execute on function recurd.web_figures(), recurd.web_workers(), recurd.web_changes(text, bigint),
    recurd.web_turns(text, bigint), recurd.web_policies(text) to recurd_web, recurd_reader;
