-- One occurrence of a series, and from one on: skip, postpone, change, split, trigger.  What becomes of one occurrence
-- stands in the rule (recurrenceOverrides), so that it is told wherever rules are, and COUNT does not slide.
--
-- An instant that is no occurrence of its series nobody can tell here: rules are expanded by workers.  What is written
-- has "ifOccurs", and means nothing then.

-- A rule without its overrides, in the form that has them; whatever stands there, it does not fail.
create function recurd.rule_but_overrides(rule jsonb) returns jsonb
    language sql immutable parallel safe
    return case pg_catalog.jsonb_typeof(rule)
        when 'object' then rule - 'recurrenceOverrides'
        when 'array' then pg_catalog.jsonb_build_object('rrule', rule)
        when 'string' then
            case when rule #>> '{}' ~ '^[\s\ufeff]*\{' then rule
                 else pg_catalog.jsonb_build_object(
                     case when rule #>> '{}' ~* '^[\s\ufeff]*(cron_)?tz=' or rule #>> '{}' !~ '[=:]' then 'cron'
                          else 'rrule' end, rule) end
        else rule end;

-- The instant of a local time: of two the first, of none the one behind the gap, as workers have it.
create function recurd.zone_instant(local timestamp, zone text) returns timestamptz
    language sql stable parallel safe
    return coalesce(
        (select min((local at time zone zone) - d)
           from pg_catalog.unnest(array['0 h', '20 min', '30 min', '40 min', '1 h', '2 h', '3 h', '24 h']::interval[]) as d
          where (((local at time zone zone) - d) at time zone zone) = local),
        local at time zone zone);

-- The instant of an override's key or start; null: it is none of a second.
create function recurd.override_instant(moment text, zone text) returns timestamptz
    language sql stable parallel safe
    return case
        when moment ~ '^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d(:\d\d(\.\d+)?)?([Zz]|[+-]\d\d:\d\d)$'
            then pg_catalog.date_trunc('second', moment::timestamptz)
        when moment ~ '^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d(:\d\d(\.\d+)?)?$'
            then pg_catalog.date_trunc('second', recurd.zone_instant(moment::timestamp, zone)) end;

-- A key for the occurrence at an instant: its local time, unless that says another.
create function recurd.override_key(instant timestamptz, zone text) returns text
    language sql stable parallel safe
    return case when recurd.zone_instant(instant at time zone zone, zone) = instant
                then pg_catalog.to_char(instant at time zone zone, 'YYYY-MM-DD"T"HH24:MI:SS')
                else pg_catalog.to_char(instant at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') end;

-- The zone of a series that no worker has planned: as they choose it.
create function recurd.rule_zone(rule jsonb, user_id text) returns text
    language sql stable
    return coalesce(
        rule->>'timeZone',
        (pg_catalog.regexp_match(rule::text, 'DTSTART[^:]*;TZID=(?:\\")?([^:;"\\]+)', 'i'))[1],
        case when rule::text ~* 'DTSTART[^:]*:[0-9]{8}T[0-9]{6}Z' then 'UTC' end,
        (pg_catalog.regexp_match(rule->>'cron', '^\s*(?:CRON_)?TZ=(\S+)', 'i'))[1],
        (select p.time_zone from recurd.preferences as p where p.user_id = rule_zone.user_id),
        (select s.default_time_zone from recurd.settings as s), 'UTC');

do $migration$
begin
    -- Locks a template of somebody who is going to write it, and says whether it can be.
    execute pg_catalog.format($create$
        create function recurd.template_taken(template text,
                                              out id text, out user_id text, out rule jsonb, out zone text, out stored jsonb,
                                              out next_due_at timestamptz, out planned_due_at timestamptz,
                                              out made_through timestamptz, out starts_local timestamp,
                                              out ended_at timestamptz)
            language plpgsql set search_path = ''
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

    -- What skip, postpone, change and unskip have in common.  new_at: only of postpone.
    execute pg_catalog.format($create$
        create function recurd.amend(template text, occurrence timestamptz, verb text, patch jsonb,
                                     new_at timestamptz) returns timestamptz
            language plpgsql set search_path = ''
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
                overrides := overrides - known;
            elsif verb = 'skip' then
                if entry->'excluded' = 'true' then
                    return nominal;
                end if;
                entry := '{"excluded": true}';
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
                    pg_catalog.date_trunc('second', greatest(recurd.now(), taken.made_through)),
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
            return nominal;
        end
        $body$
    $create$, current_schema());

    execute pg_catalog.format($create$
        create function recurd.trigger(template text) returns text
            language plpgsql set search_path = ''
        as $body$
        declare
            t record;
            -- No occurrence of a rule has a fraction of a second: none is taken for this one.
            instant timestamptz := pg_catalog.date_trunc('second', recurd.now()) + interval '1 us';
            task text;
        begin
            select o.* into t from %1$I.recurring_tasks as o where o.id = template for no key update;
            if t.id is null then
                raise no_data_found using message = pg_catalog.format('there is no template %%s', template),
                    hint = 'Its id is the one in recurring_tasks.';
            end if;
            while exists (select from %1$I.tasks as k where k.recurring_task_id = t.id and k.occurrence_at = instant) loop
                instant := instant + interval '1 us';
            end loop;
            task := recurd.instance_id(t.id::text, instant);
            insert into %1$I.tasks (id, title, description, priority, user_id, is_complete, due_date, created_at,
                                    updated_at, recurring_task_id, occurrence_at)
            values (task, t.title, t.description, t.priority, t.user_id, false,
                    pg_catalog.date_trunc('second', instant), recurd.now() at time zone 'UTC',
                    recurd.now() at time zone 'UTC', t.id, instant);
            insert into %1$I.task_tags (task_id, tag_id)
            select task, g.tag_id from recurd.template_tags as g where g.recurring_task_id = t.id;
            perform recurd.tell_triggered(task);
            return task;
        end
        $body$
    $create$, current_schema());

    -- Applications may not write what recurd tells; this they may have told.
    execute pg_catalog.format($create$
        create function recurd.tell_triggered(task text) returns void
            language plpgsql security definer set search_path = ''
        as $body$
        declare
            k record;
        begin
            select t.id::text, t.user_id::text, t.recurring_task_id::text as template, t.occurrence_at as at into k
              from %1$I.tasks as t
             where t.id = task and t.recurring_task_id is not null
               and t.occurrence_at <> pg_catalog.date_trunc('second', t.occurrence_at);
            if k.id is null or exists (select from recurd.decisions as d
                                        where d.kind = 'triggered' and d.template_id = k.template and d.first_at = k.at) then
                return;
            end if;
            if (select s.notify_task_created from recurd.settings as s) is not false then
                insert into recurd.notifications (key, kind, user_id, task_id, template_id, at)
                values (recurd.notification_key('task_created', k.id, k.at), 'task_created', k.user_id, k.id, k.template, k.at)
                on conflict (key) do nothing;
            end if;
            insert into recurd.decisions (template_id, kind, first_at, last_at, occurrences, detail)
            values (k.template, 'triggered', k.at, k.at, 1,
                    coalesce(nullif(pg_catalog.current_setting('recurd.actor', true), ''), session_user));
        end
        $body$
    $create$, current_schema());

    execute pg_catalog.format($create$
        create function recurd.split(template text, occurrence timestamptz, new_rule jsonb default null) returns text
            language plpgsql set search_path = ''
        as $body$
        declare
            taken record;
            t %1$I.recurring_tasks;
            cut timestamptz := pg_catalog.date_trunc('second', occurrence);
            rest text := pg_catalog.gen_random_uuid()::text;
            before jsonb;
            since jsonb;
        begin
            if template is null or occurrence is null or not pg_catalog.isfinite(occurrence) then
                raise invalid_parameter_value using message = 'expected a template''s id and the instant of an occurrence';
            end if;
            taken := recurd.template_taken(template);
            select o.* into t from %1$I.recurring_tasks as o where o.id = template;
            if t.ended_at is not null then
                raise object_not_in_prerequisite_state using
                    message = pg_catalog.format('template %%s has ended', template),
                    hint = 'Insert another template, or change its rule.';
            end if;
            if cut <= pg_catalog.date_trunc('second', t.made_through) then
                raise object_not_in_prerequisite_state using
                    message = pg_catalog.format('template %%s has come to %%s, beyond %%s', template, t.made_through, cut),
                    hint = 'Only what is still to come can be split off.';
            end if;
            if t.made_through is null and cut <= pg_catalog.date_trunc('second', t.next_due_at) then
                raise object_not_in_prerequisite_state using
                    message = pg_catalog.format('template %%s begins at %%s: nothing would be left before %%s',
                                                template, t.next_due_at, cut),
                    hint = 'Change the template itself.';
            end if;

            -- What is said of a date is said of both.
            select coalesce(pg_catalog.jsonb_object_agg(o.key, o.value) filter (where o.own is null or o.own < cut), '{}'),
                   coalesce(pg_catalog.jsonb_object_agg(o.key, o.value) filter (where o.own is null or o.own >= cut), '{}')
              into before, since
              from (select e.key, e.value, recurd.override_instant(e.key, taken.zone) as own
                      from pg_catalog.jsonb_each(taken.rule->'recurrenceOverrides') as e) as o;
            before := (taken.rule - array['count', 'until', 'end_date', 'recurrenceOverrides'])
                || pg_catalog.jsonb_build_object('until',
                       pg_catalog.to_char((cut - interval '1 s') at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'))
                || case when before = '{}' then '{}' else pg_catalog.jsonb_build_object('recurrenceOverrides', before) end;
            since := coalesce(new_rule, (taken.rule - 'recurrenceOverrides')
                || case when since = '{}' then '{}' else pg_catalog.jsonb_build_object('recurrenceOverrides', since) end);
            perform recurd.check_size(template, since, t.recurrence_rule);
            perform recurd.check_size(template, before, t.recurrence_rule);

            -- The columns that the application has of its own go along.  The last digits of replan_at say what it is:
            -- the rest of a series, whose COUNT goes on, or another rule.
            insert into %1$I.recurring_tasks
            select (pg_catalog.jsonb_populate_record(t, pg_catalog.jsonb_build_object(
                'id', rest, 'recurrence_rule', since, 'next_due_at', cut, 'planned_due_at', cut,
                'created_at', recurd.now(), 'updated_at', recurd.now(),
                'starts_local', coalesce(t.starts_local, t.next_due_at at time zone taken.zone),
                'starts_zone', coalesce(t.starts_zone, taken.zone),
                'used_count', case when new_rule is null then t.used_count else 0 end,
                'replan_at', cut - interval '1 s'
                             + case when new_rule is null then interval '2 us' else interval '0' end))).*;
            insert into recurd.template_tags (recurring_task_id, tag_id)
            select rest, g.tag_id from recurd.template_tags as g where g.recurring_task_id = template;
            insert into recurd.policies
            select (pg_catalog.jsonb_populate_record(p, pg_catalog.jsonb_build_object('template_id', rest))).*
              from recurd.policies as p where p.template_id = template;

            update %1$I.recurring_tasks as o set recurrence_rule = before where o.id = template;
            -- It is the series that it was: what is due stays due.
            update %1$I.recurring_tasks as o
               set replan_at = coalesce(t.replan_at,
                                        pg_catalog.date_trunc('milliseconds', recurd.now()) + interval '1 us')
             where o.id = template;
            return rest;
        end
        $body$
    $create$, current_schema());
end
$migration$;

create function recurd.check_size(template text, rule jsonb, rule_before jsonb) returns void
    language plpgsql set search_path = ''
as $$
begin
    if pg_catalog.octet_length(rule::text) > 65536
       or (select count(*) from pg_catalog.jsonb_object_keys(coalesce(rule->'recurrenceOverrides', '{}'))) > 4096 then
        raise program_limit_exceeded using
            message = pg_catalog.format('the rule of template %s would have %s bytes and %s overrides', template,
                pg_catalog.octet_length(rule::text),
                (select count(*) from pg_catalog.jsonb_object_keys(coalesce(rule->'recurrenceOverrides', '{}')))),
            detail = 'A rule has at most 65536 bytes and 4096 overrides.',
            hint = 'Take overrides of the past out of it, or pause the template.';
    end if;
end
$$;

-- The override of an occurrence that is put off.  bound: it must be later; series: before it there is nothing.
create function recurd.postponed(template text, entry jsonb, nominal timestamptz, new_at timestamptz, zone text,
                                 bound timestamptz, series timestamptz) returns jsonb
    language plpgsql set search_path = ''
as $$
declare
    instant timestamptz := pg_catalog.date_trunc('second', new_at);
    local timestamp;
begin
    if new_at is null or not pg_catalog.isfinite(new_at) or new_at >= '9999-12-31' then
        raise invalid_parameter_value using message = 'expected the instant to which the occurrence is moved';
    end if;
    if instant <= bound then
        raise invalid_parameter_value using
            message = pg_catalog.format('template %s: an occurrence cannot be moved to %s', template, new_at),
            detail = pg_catalog.format('The series has come to %s.', bound),
            hint = 'Move it to a time that is still to come, or skip it.';
    end if;
    if instant < series then
        raise invalid_parameter_value using
            message = pg_catalog.format('template %s: an occurrence cannot be moved to %s', template, new_at),
            detail = pg_catalog.format('The series begins at %s, as the application set.', series),
            hint = 'Move the first one, or set next_due_at.';
    end if;
    if instant = nominal then
        return entry - 'start';
    end if;
    local := instant at time zone zone;
    if recurd.zone_instant(local, zone) <> instant then
        raise invalid_parameter_value using
            message = pg_catalog.format('template %s: an occurrence cannot be moved to %s', template, new_at),
            detail = pg_catalog.format('In %s the clock shows that time twice, and an override means the first.', zone),
            hint = 'Move it to another time.';
    end if;
    return entry || pg_catalog.jsonb_build_object('start', pg_catalog.to_char(local, 'YYYY-MM-DD"T"HH24:MI:SS'));
end
$$;

create function recurd.skip(template text, occurrence timestamptz) returns timestamptz
    language sql
    return recurd.amend(template, occurrence, 'skip', null, null);

create function recurd.unskip(template text, occurrence timestamptz) returns timestamptz
    language sql
    return recurd.amend(template, occurrence, 'unskip', null, null);

create function recurd.postpone(template text, occurrence timestamptz, new_at timestamptz) returns timestamptz
    language sql
    return recurd.amend(template, occurrence, 'postpone', '{}', new_at);

create function recurd.change(template text, occurrence timestamptz, title text default null,
                              description text default null, priority text default null) returns timestamptz
    language plpgsql set search_path = ''
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

create or replace function recurd.template_changed() returns trigger
    language plpgsql security definer set search_path = ''
as $$
begin
    if tg_op = 'INSERT' then
        new.paused_at := coalesce(new.paused_at, recurd.now());
        return new;
    end if;
    if old.failed_at is not null then
        if new.failed_at is not distinct from old.failed_at
           and (new.recurrence_rule is distinct from old.recurrence_rule
                or new.next_due_at is distinct from old.next_due_at) then
            -- Repaired: another look; what was due meanwhile is caught up.
            new.failed_at := null;
            new.failure := null;
        end if;
    elsif new.recurrence_rule is distinct from old.recurrence_rule then
        if pg_catalog.date_trunc('second', new.next_due_at)
              is distinct from pg_catalog.date_trunc('second', old.next_due_at)
           and pg_catalog.date_trunc('second', new.next_due_at)
               > coalesce(pg_catalog.date_trunc('second', old.made_through), '-infinity') then
            -- The application set both: its next_due_at stands.  (One that is history already comes
            -- from the save of a stale row and says nothing.)
            new.replan_at := null;
        elsif recurd.rule_but_overrides(new.recurrence_rule)
              is not distinct from recurd.rule_but_overrides(old.recurrence_rule) then
            -- The overrides alone: the last digit says that the series is the one that it was.
            new.replan_at := coalesce(
                old.replan_at, pg_catalog.date_trunc('milliseconds', recurd.now()) + interval '1 us');
        elsif old.starts_local is not null then
            -- Another zone, and nothing else: local dates and times stay, what was missed is made.
            new.replan_at := case when recurd.rule_but_zone(new.recurrence_rule)
                                       = recurd.rule_but_zone(old.recurrence_rule)
                                  then coalesce(old.replan_at, '-infinity')
                                  else pg_catalog.date_trunc('milliseconds', recurd.now()) end;
        end if;
    end if;
    -- A change of ended_at in the same write is recurd's own ending or extension, no pause.
    if new.is_active is distinct from old.is_active and new.ended_at is not distinct from old.ended_at then
        if new.is_active then
            new.resumed_at := recurd.now();
        else
            -- Paused again before the pause of before was passed over: one long pause.
            if old.paused_at is null or old.resumed_at is null or old.next_due_at > old.resumed_at then
                new.paused_at := recurd.now();
            end if;
            new.resumed_at := null;
        end if;
    end if;
    return new;
end
$$;

-- Their own rights, because everybody's may go at any time; the tables' decide.
grant execute on function recurd.rule_but_overrides(jsonb), recurd.zone_instant(timestamp, text),
    recurd.override_instant(text, text), recurd.override_key(timestamptz, text), recurd.rule_zone(jsonb, text),
    recurd.template_taken(text), recurd.amend(text, timestamptz, text, jsonb, timestamptz), recurd.check_size(text, jsonb, jsonb),
    recurd.postponed(text, jsonb, timestamptz, timestamptz, text, timestamptz, timestamptz),
    recurd.skip(text, timestamptz), recurd.unskip(text, timestamptz), recurd.postpone(text, timestamptz, timestamptz),
    recurd.change(text, timestamptz, text, text, text), recurd.split(text, timestamptz, jsonb), recurd.trigger(text),
    recurd.tell_triggered(text)
    to recurd_worker, recurd_reader;
