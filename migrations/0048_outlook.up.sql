-- What the status pages read: everything bounded and in the order of an index, however much there is, so that a page
-- costs the same at a million templates.  With their owner's rights, because role recurd_web, which parses what
-- anybody sends, has no right to any table.
do $$
begin
    -- One row: how it stands.  Counts as recurd.status has them, up to 1000.
    execute pg_catalog.format($create$
        create function recurd.web_now()
            returns table (now timestamptz, zone text, database text, min_interval interval,
                           templates_due bigint, templates_lag interval, next_due_at timestamptz,
                           reminders_due bigint, reminders_lag interval, next_remind_at timestamptz,
                           workers_alive bigint, workers_dead bigint, last_seen_at timestamptz,
                           templates_quarantined bigint, notifications_last_hour bigint, capped text[], waits text, templates_active bigint)
            language sql stable security definer
            set search_path = pg_catalog, pg_temp set jit = off
        as $body$
            select f.now, coalesce(s.default_time_zone, 'UTC'), pg_catalog.current_database()::text,
                   coalesce(s.min_interval, interval '1 minute'),
                   f.templates_due, f.templates_lag, f.next_due_at, f.reminders_due, f.reminders_lag, f.next_remind_at,
                   f.workers_alive, f.workers_dead, f.last_seen_at, f.templates_quarantined,
                   f.notifications_last_hour, f.capped,
                   (select coalesce(c.reason, c.why) from recurd.causes as c order by c.next_try_at desc limit 1),
                   -- Beyond 1000 what the server's statistics say.
                   coalesce((f.estimates->>'templates_active')::bigint, f.templates_active)
            from recurd.status_figures() as f, recurd.settings as s
        $body$
    $create$);

    -- From an hour back to an hour ahead, a row a minute in which something was or will be; of each half no more than
    -- the 50000 nearest are counted.
    execute pg_catalog.format($create$
        create function recurd.web_minutes()
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

    -- What comes next, as recurd.upcoming(n) has it, from one instant on, with the rule.
    execute pg_catalog.format($create$
        create function recurd.web_upcoming(n integer, since timestamptz default '-infinity')
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

    -- Templates: those of one state in the order in which they are due, from a place on; or one by its id; or those
    -- whose id begins so; or one user's; or some of the active ones by lot.  The statement is put together from what
    -- stands here alone: whatever the caller says is a parameter.
    execute pg_catalog.format($create$
        create function recurd.web_templates(which text, sought text, n integer, after_due timestamptz, after_id text)
            returns table (title text, description text, failed_at timestamptz, failure text, paused_until timestamptz,
                           by_policies boolean, id text, user_id text, rule text, next_due_at timestamptz,
                           starts_local timestamp, starts_zone text, planned_due_at timestamptz, made_through timestamptz,
                           used_count bigint, replan_at timestamptz, paused_at timestamptz, resumed_at timestamptz,
                           ended_at timestamptz, created_at timestamptz, is_active boolean, time_zone text)
            language plpgsql stable security definer rows 50
            set search_path = pg_catalog, pg_temp set enable_seqscan = off set enable_bitmapscan = off set jit = off
        as $body$
        declare
            -- The condition of the index of each state, to the letter.
            condition constant text := case which
                when 'active' then 't.is_active and t.failed_at is null'
                when 'paused' then 't.is_active is not true and t.ended_at is null'
                when 'ended' then 't.ended_at is not null'
                when 'quarantined' then 't.failed_at is not null'
                when 'id' then 't.id = $1'
                when 'prefix' then 't.id >= $1'
                when 'user' then 't.user_id = $1'
                when 'sample' then 't.is_active and t.failed_at is null' end;
            by_id constant boolean := which in ('id', 'prefix');
            share double precision;
        begin
            if condition is null then
                raise exception 'which: expected active, paused, ended, quarantined, id, prefix, user or sample, got "%%"', which
                    using errcode = 'invalid_parameter_value';
            end if;
            if which = 'sample' then
                select least(100, 100.0 * 1.2 * n / greatest(c.reltuples, 1)) into share
                  from pg_catalog.pg_class as c
                 where c.oid = pg_catalog.to_regclass(%1$L || '.recurring_tasks');
            end if;
            return query execute
                'select x.title::text, x.description::text, x.failed_at, x.failure, p.paused_until,
                        p.template_id is not null, x.id::text, x.user_id::text,
                        case when pg_catalog.pg_column_size(x.recurrence_rule) <= 65536
                             then case when pg_catalog.octet_length(x.recurrence_rule::text) <= 65536
                                       then x.recurrence_rule::text end end,
                        x.next_due_at::timestamptz, x.starts_local::timestamp, x.starts_zone::text,
                        x.planned_due_at::timestamptz, x.made_through::timestamptz, x.used_count::bigint,
                        x.replan_at::timestamptz, x.paused_at::timestamptz, x.resumed_at::timestamptz,
                        x.ended_at::timestamptz, x.created_at::timestamptz, x.is_active::boolean,
                        (select f.time_zone from recurd.preferences as f where f.user_id = x.user_id)
                 from (select t.* from %1$I.recurring_tasks as t'
                || case when share < 100 then ' tablesample bernoulli (' || share || ')' else '' end
                || ' where ' || condition
                || case when by_id or which = 'sample' or after_due is null then ''
                        when after_id is null then ' and t.next_due_at >= $3'
                        else ' and t.next_due_at >= $3 and (t.next_due_at, t.id::text) > ($3, $4)' end
                || case when which = 'sample' then '' when by_id then ' order by t.id'
                        when after_id is null then ' order by t.next_due_at'
                        else ' order by t.next_due_at, t.id::text' end
                || ' limit $2) as x
                 left join recurd.policies as p on p.template_id = x.id'
                || case when which = 'prefix' then ' where pg_catalog.starts_with(x.id::text, $1)' else '' end
                || case when which = 'sample' then '' when by_id then ' order by x.id'
                        else ' order by x.next_due_at, x.id::text' end
                using sought, least(greatest(n, 0), 20000), after_due, after_id;
        end
        $body$
    $create$, current_schema());

    -- One template's instances.
    execute pg_catalog.format($create$
        create function recurd.web_instances(template text, since timestamptz, until timestamptz)
            returns table (id text, occurrence_at timestamptz, due_date timestamptz, created_at bigint, is_complete boolean)
            language sql stable security definer rows 100
            set search_path = pg_catalog, pg_temp set enable_seqscan = off set enable_bitmapscan = off set jit = off
        as $body$
            select k.id::text, k.occurrence_at::timestamptz, k.due_date::timestamptz,
                   case when k.created_at >= '0001-01-01' and k.created_at < '10000-01-01'
                        then (extract(epoch from k.created_at) * 1000000)::bigint end,
                   coalesce(k.is_complete, false)
            from %1$I.tasks as k
            where k.recurring_task_id = template and k.occurrence_at between since and until
            order by k.occurrence_at
            limit 2000
        $body$
    $create$, current_schema());
end
$$;

-- What was decided about one template, or about all of them the newest first.
create function recurd.web_decisions(template text, n integer, before_at timestamptz, before_id bigint)
    returns table (id bigint, at timestamptz, kind text, template_id text, first_at timestamptz, last_at timestamptz,
                   occurrences bigint, detail text, by text)
    language sql stable security definer rows 50
    set search_path = pg_catalog, pg_temp set enable_seqscan = off set enable_bitmapscan = off set jit = off
as $$
    (select d.id, d.at, d.kind, d.template_id, d.first_at, d.last_at, d.occurrences, d.detail, d.by
     from recurd.decisions as d
     where template is null and d.at <= coalesce(before_at, 'infinity')
           and (before_id is null or (d.at, d.id) < (before_at, before_id))
     order by d.at desc, d.id desc limit least(greatest(n, 0), 2000))
    union all
    (select d.id, d.at, d.kind, d.template_id, d.first_at, d.last_at, d.occurrences, d.detail, d.by
     from recurd.decisions as d
     where d.template_id = template
     order by d.at desc, d.id desc limit least(greatest(n, 0), 2000))
$$;

create function recurd.web_workers()
    returns table (name text, state text, pid integer, version text, tzdata text, file text, started_at timestamptz,
                   seen_at timestamptz, generated bigint, reminded bigint, quarantined bigint)
    language sql stable security definer rows 10
    set search_path = pg_catalog, pg_temp
as $$
    select w.name, w.state, w.pid, w.version, x.tzdata, x.file, w.started_at, w.seen_at, w.generated, w.reminded,
           w.quarantined
    from recurd.worker_states as w join recurd.workers as x on x.id = w.id
    order by w.state, w.name, w.started_at
    limit 200
$$;

-- What an operator does on a page; whom it was done for is recurd.actor, which the web sets for the transaction.
do $$
begin
    execute pg_catalog.format($create$
        create function recurd.web_act(action text, template text, reason text) returns boolean
            language plpgsql security definer
            set search_path = pg_catalog, pg_temp
        as $body$
        begin
            if action = 'pause' then
                perform recurd.pause(template, nullif(reason, ''));
            elsif action = 'resume' then
                perform recurd.resume(template);
            elsif action = 'trigger' then
                perform recurd.trigger(template);
            elsif action = 'retry' then
                with retried as (
                    update %1$I.recurring_tasks as t set failed_at = null, failure = null
                      from (select r.id, r.failure from %1$I.recurring_tasks as r
                             where r.id = template and r.failed_at is not null for no key update) as f
                     where t.id = f.id
                    returning t.id, f.failure
                )
                insert into recurd.decisions (kind, template_id, detail) select 'retried', r.id, r.failure from retried as r;
                if not found then
                    raise exception using errcode = 'no_data_found',
                        message = pg_catalog.format('"%%s" is not in quarantine', template);
                end if;
            else
                raise exception 'action: expected pause, resume, retry or trigger, got "%%"', action
                    using errcode = 'invalid_parameter_value';
            end if;
            return true;
        end
        $body$
    $create$, current_schema());
end
$$;
revoke all on function recurd.web_act(text, text, text) from public;
grant execute on function recurd.web_act(text, text, text) to recurd_web;

-- They show everybody's rows.
revoke all on function recurd.web_now(), recurd.web_minutes(), recurd.web_upcoming(integer, timestamptz),
    recurd.web_templates(text, text, integer, timestamptz, text),
    recurd.web_instances(text, timestamptz, timestamptz),
    recurd.web_decisions(text, integer, timestamptz, bigint), recurd.web_workers() from public;
grant execute on function recurd.web_now(), recurd.web_minutes(), recurd.web_upcoming(integer, timestamptz),
    recurd.web_templates(text, text, integer, timestamptz, text),
    recurd.web_instances(text, timestamptz, timestamptz),
    recurd.web_decisions(text, integer, timestamptz, bigint), recurd.web_workers() to recurd_web, recurd_reader;
