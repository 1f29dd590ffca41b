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

do $$
begin
    execute pg_catalog.format($create$
        create or replace function recurd.template_taken(template text,
                                              out id text, out user_id text, out rule jsonb, out zone text, out stored jsonb,
                                              out next_due_at timestamptz, out planned_due_at timestamptz,
                                              out made_through timestamptz, out starts_local timestamp,
                                              out ended_at timestamptz)
            language plpgsql set search_path = pg_catalog, pg_temp
        as $body$
        declare
            t record;
        begin
            select o.* into t from %1$I.recurring_tasks as o where o.id = template for no key update;
            if t.id is null then
                raise no_data_found using message = pg_catalog.format('there is no template %%s', template),
                    hint = 'Its id is the one in recurring_tasks.';
            end if;
            if t.failed_at is not null then
                raise object_not_in_prerequisite_state using
                    message = pg_catalog.format('template %%s is in quarantine: %%s', template, t.failure),
                    hint = 'Mend its rule first.';
            end if;
            id := t.id;
            user_id := t.user_id;
            stored := t.recurrence_rule;
            next_due_at := t.next_due_at;
            planned_due_at := t.planned_due_at;
            made_through := t.made_through;
            starts_local := t.starts_local;
            ended_at := t.ended_at;
            rule := stored;
            if pg_catalog.jsonb_typeof(rule) = 'string' and rule #>> '{}' ~ '^\s*\{' then
                rule := (rule #>> '{}')::jsonb;
            end if;
            if pg_catalog.jsonb_typeof(rule) is distinct from 'object' then
                rule := recurd.rule_but_overrides(rule);
            end if;
            if pg_catalog.jsonb_typeof(rule) is distinct from 'object'
               or pg_catalog.jsonb_typeof(coalesce(rule->'recurrenceOverrides', '{}')) <> 'object' then
                raise invalid_parameter_value using
                    message = pg_catalog.format('template %%s has no rule that could be changed', template),
                    hint = 'Mend its rule first.';
            end if;
            zone := case when t.starts_zone is null or t.replan_at = '-infinity'
                         then recurd.rule_zone(rule, t.user_id::text) else t.starts_zone end;
            begin
                perform pg_catalog.now() at time zone zone;
            exception when invalid_parameter_value then
                raise invalid_parameter_value using
                    message = pg_catalog.format('template %%s: PostgreSQL has no time zone %%s', template, zone),
                    hint = 'Write timeZone in its rule as a name that PostgreSQL has, see pg_timezone_names.';
            end;
        end
        $body$
    $create$, current_schema());

    execute pg_catalog.format($create$
        create or replace function recurd.amend(template text, occurrence timestamptz, verb text, patch jsonb,
                                     new_at timestamptz) returns timestamptz
            language plpgsql set search_path = pg_catalog, pg_temp
        as $body$
        declare
            taken record;
            nominal timestamptz := pg_catalog.date_trunc('second', occurrence);
            stands timestamptz := nominal;   -- where it is due, if an override moved it before
            known text;                      -- its key, if it has an override
            entry jsonb;
            overrides jsonb;
            amended jsonb;
            task text;
            passed boolean := false;         -- what is left out stood later than its own time, which is past
        begin
            if template is null or occurrence is null or not pg_catalog.isfinite(occurrence) then
                raise invalid_parameter_value using message = 'expected a template''s id and the instant of an occurrence';
            end if;
            taken := recurd.template_taken(template);
            overrides := coalesce(taken.rule->'recurrenceOverrides', '{}');
            -- By the instant that the rule gives, or by the one to which it was moved.
            select o.key, o.value, o.own, coalesce(o.moved, o.own) into known, entry, nominal, stands
              from (select e.key, e.value, recurd.override_instant(e.key, taken.zone) as own,
                           recurd.override_instant(e.value->>'start', taken.zone) as moved
                      from pg_catalog.jsonb_each(overrides) as e) as o
             where pg_catalog.date_trunc('second', occurrence) in (o.own, o.moved)
             order by o.own = pg_catalog.date_trunc('second', occurrence) desc, o.key limit 1;
            if known is null then
                nominal := pg_catalog.date_trunc('second', occurrence);
                stands := nominal;
            end if;

            select k.id into task from %1$I.tasks as k
             where k.recurring_task_id = template
               and k.occurrence_at >= nominal and k.occurrence_at < nominal + interval '1 s'
             limit 1;
            if task is not null then
                raise object_not_in_prerequisite_state using
                    message = pg_catalog.format('occurrence %%s of template %%s has been made: task %%s', nominal, template, task),
                    hint = 'Change, complete or delete that task.';
            end if;
            if stands <= pg_catalog.date_trunc('second', taken.made_through) then
                raise object_not_in_prerequisite_state using
                    message = pg_catalog.format('occurrence %%s of template %%s is past: the series has come to %%s',
                                                stands, template, taken.made_through),
                    hint = 'Only what is still to come can be changed.';
            end if;

            if verb = 'unskip' then
                if known is null then
                    raise no_data_found using
                        message = pg_catalog.format('occurrence %%s of template %%s is as its rule says', nominal, template),
                        hint = 'What EXDATE in the text of a rule leaves out comes back by an edit of that text.';
                end if;
                if nominal <= pg_catalog.date_trunc('second', taken.made_through)
                   and not coalesce(entry->'excluded' = 'true', false) then
                    raise object_not_in_prerequisite_state using
                        message = pg_catalog.format('occurrence %%s of template %%s was moved to %%s, and its own time is past: '
                                                    'the series has come to %%s', nominal, template, stands, taken.made_through),
                        hint = 'Move it to another time, or skip it.';
                end if;
                overrides := overrides - known;
            elsif verb = 'skip' then
                if entry->'excluded' = 'true' then
                    return nominal;
                end if;
                entry := '{"excluded": true}';
                passed := nominal <= pg_catalog.date_trunc('second', taken.made_through);
            elsif entry->'excluded' = 'true' then
                raise object_not_in_prerequisite_state using
                    message = pg_catalog.format('occurrence %%s of template %%s is left out', nominal, template),
                    hint = 'recurd.unskip() takes that back.';
            else
                -- One that an override adds is there by that override alone.
                entry := coalesce(entry, '{"ifOccurs": true}') || patch;
            end if;
            if verb = 'postpone' then
                entry := recurd.postponed(template, entry, nominal, new_at, taken.zone,
                    -- What is before the rest of a series is not its own, also before a worker has seen it.
                    pg_catalog.date_trunc('second', greatest(recurd.now(), taken.made_through,
                        (select t.replan_at from %1$I.recurring_tasks as t
                          where t.id = template and t.replan_at > recurd.now() and t.ended_at is null
                                and t.next_due_at = pg_catalog.date_trunc('second', t.replan_at) + interval '1 s'))),
                    case when taken.planned_due_at is distinct from taken.next_due_at
                              and nominal <> pg_catalog.date_trunc('second', taken.next_due_at)
                         then taken.next_due_at end);
            end if;
            if verb <> 'unskip' then
                overrides := overrides
                    || pg_catalog.jsonb_build_object(coalesce(known, recurd.override_key(nominal, taken.zone)), entry);
            end if;
            amended := (taken.rule - 'recurrenceOverrides')
                || case when overrides = '{}' then '{}'
                        else pg_catalog.jsonb_build_object('recurrenceOverrides', overrides) end;
            perform recurd.check_size(template, amended, taken.stored);
            update %1$I.recurring_tasks as t set recurrence_rule = amended where t.id = template;
            if not found then
                raise insufficient_privilege using message = pg_catalog.format('template %%s was not written', template);
            end if;
            if passed then
                update %1$I.recurring_tasks as t set used_count = t.used_count + 1 where t.id = template;
            end if;
            return nominal;
        end
        $body$
    $create$, current_schema());

    execute pg_catalog.format($create$
        create or replace function recurd.set_policy(template text, key text, value text) returns void
            language plpgsql set search_path = pg_catalog, pg_temp
        as $body$
        declare
            types constant jsonb := '{"catch_up": "text", "catch_up_window": "interval", "catch_up_cap": "integer",
                "overlap": "text", "lead_time": "interval", "jitter": "interval", "remind_before": "interval[]",
                "calendar": "text", "shift": "text", "pause_catch_up": "text"}';
            type text := types->>key;
        begin
            if type is null then
                raise exception using errcode = 'invalid_parameter_value',
                    message = pg_catalog.format('there is no policy "%%s"', key),
                    hint = 'There are '
                           || (select pg_catalog.string_agg(k, ', ') from pg_catalog.jsonb_object_keys(types) as k) || '.';
            end if;
            perform from %1$I.recurring_tasks as t where t.id = template for no key update;
            if not found then
                raise exception using errcode = 'no_data_found',
                    message = pg_catalog.format('there is no recurring task with the id "%%s"', template);
            end if;
            begin
                execute pg_catalog.format(
                    'insert into recurd.policies (template_id, %%1$I) values ($1, %%2$s::pg_catalog.%%3$s)'
                    ' on conflict (template_id) do update set %%1$I = excluded.%%1$I',
                    key, case when type = 'interval[]' then 'pg_catalog.string_to_array($2, '','')' else '$2' end,
                    case type when 'integer' then 'int4' else type end)
                  using template, nullif(value, '');
            exception
                when check_violation or invalid_text_representation or invalid_datetime_format
                     or datetime_field_overflow or interval_field_overflow or numeric_value_out_of_range then
                    raise exception using errcode = 'invalid_parameter_value',
                        message = pg_catalog.format('%%s: expected %%s, got "%%s"', key, case key
                            when 'catch_up' then 'all, latest or none'
                            when 'catch_up_window' then 'an interval from 1 second on'
                            when 'catch_up_cap' then 'a number from 1 to 100000'
                            when 'overlap' then 'allow, skip or replace'
                            when 'lead_time' then 'an interval from 0 to 366 days'
                            when 'jitter' then 'an interval from 0 to 1 day'
                            when 'remind_before' then 'up to 20 intervals with commas between them, each within 366 days'
                            when 'calendar' then 'the name of a calendar, of up to 200 bytes'
                            when 'shift' then 'none, next, previous, nearest or skip'
                            else 'all, latest or none' end, value);
            end;
            delete from recurd.policies
             where template_id = template and pause_reason is null and paused_by is null and paused_until is null
               and catch_up is null and catch_up_window is null and catch_up_cap is null and overlap is null
                   and lead_time is null and jitter is null and remind_before is null and calendar is null
                   and shift is null and pause_catch_up is null;
        end
        $body$
    $create$, current_schema());

    execute pg_catalog.format($create$
        create or replace function recurd.api_may_create(whose text, body jsonb, key text) returns jsonb
            language plpgsql stable
        as $body$ #variable_conflict use_variable
        begin
            if key is not null and (char_length(key) not between 1 and 255 or key collate "C" ~ e'[^\\x20-\\x7e]') then
                return recurd.api_problem(400, 'expected an idempotency key of 1 to 255 printable characters of ASCII');
            end if;
            if not exists (select from %1$I."user" as u where u.id = whose) then
                return recurd.api_problem(404, 'there is no such user');
            end if;
            return recurd.api_may_tag(whose, body);
        end
        $body$
    $create$, current_schema());
end
$$;

create or replace function recurd.change(template text, occurrence timestamptz, title text default null,
                              description text default null, priority text default null) returns timestamptz
    language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
    if coalesce(title, description, priority) is null then
        raise invalid_parameter_value using message = 'expected a title, a description or a priority';
    end if;
    if pg_catalog.length(title) not between 1 and 200 then
        raise invalid_parameter_value using message = 'title: expected 1 to 200 characters';
    end if;
    if pg_catalog.length(description) not between 1 and 2000 then
        raise invalid_parameter_value using message = 'description: expected 1 to 2000 characters';
    end if;
    if priority not in ('low', 'medium', 'high', 'urgent') then
        raise invalid_parameter_value using
            message = pg_catalog.format('priority: expected low, medium, high or urgent, got %L', priority);
    end if;
    return recurd.amend(template, occurrence, 'change', pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
        'title', title, 'description', description, 'priority', priority)), null);
end
$$;
