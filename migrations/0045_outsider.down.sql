-- The functions of before.
do $migration$
begin
    execute pg_catalog.format($create$
        create or replace function recurd.split(template text, occurrence timestamptz, new_rule jsonb default null) returns text
            language plpgsql set search_path = pg_catalog, pg_temp
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
    execute pg_catalog.format($create$
        create or replace function recurd.snooze(task text, until timestamptz default null, span interval default null)
            returns timestamptz
            language plpgsql
        as $body$
        begin
            if span is not null and until is not null then
                raise exception using errcode = 'invalid_parameter_value',
                    message = 'expected an instant or a span, got both', hint = 'Give one of until and span.';
            elsif span is not null and extract(epoch from span) not between 1 and 31622400 then
                raise exception using errcode = 'invalid_parameter_value',
                    message = pg_catalog.format('span: expected an interval from a second to 366 days, got %%s', span),
                    hint = 'As in recurd.snooze(task, span => ''10 minutes'').';
            elsif span is not null then
                until := recurd.now() + pg_catalog.make_interval(secs => extract(epoch from span)::double precision);
            end if;
            perform from %1$I.tasks as k where k.id = task for no key update of k;
            perform recurd.reminder_wanted(task);
            perform recurd.reminder_ahead('until', until);
            update %1$I.tasks as k
               set reminded_at = pg_catalog.date_trunc('second', k.remind_at) + interval '999999 us'
             where k.id = task and k.remind_at <= until and (k.reminded_at is null or k.remind_at > k.reminded_at);
            update recurd.reminders as r
               set reminded_at = pg_catalog.date_trunc('second', r.remind_at) + interval '999999 us'
             where r.task_id = task and r.remind_at <= until and (r.reminded_at is null or r.remind_at > r.reminded_at);
            insert into recurd.reminders as r (id, task_id, remind_at, source) values ('snooze ' || task, task, until, 'snooze')
                on conflict (id) do update set remind_at = excluded.remind_at, reminded_at = null;
            return until;
        end
        $body$
    $create$, current_schema());
    execute pg_catalog.format($create$
        create or replace function recurd.template_limit() returns trigger
            language plpgsql security definer
            set search_path = pg_catalog, pg_temp set row_security = off
        as $body$
        declare
            most bigint := (select s.max_templates_per_user from recurd.settings as s);
            who record;
            has bigint;
        begin
            if coalesce(most, 0) = 0 then
                return null;
            end if;
            for who in select f.user_id as id, f.user_id::text collate "C" as place from fresh as f
                        where f.user_id is not null group by f.user_id order by place loop
                perform pg_catalog.pg_advisory_xact_lock(
                    pg_catalog.hashtextextended('recurd.template_limit ' || who.place, 0));
                select pg_catalog.count(*) into has
                  from (select from %1$I.recurring_tasks as t where t.user_id = who.id limit most + 1) as c;
                if has > most then
                    raise exception using errcode = 'program_limit_exceeded',
                        schema = tg_table_schema, table = tg_table_name, constraint = 'recurd_template_limit',
                        message = pg_catalog.format('user "%%s" may have %%s recurring tasks, and has as many', who.id, most),
                        hint = 'Delete some of them, or raise the limit: recurctl settings set max_templates_per_user '
                               || (most + 1) || '.';
                end if;
            end loop;
            return null;
        end
        $body$
    $create$, current_schema());
end
$migration$;

create or replace function recurd.unremind(reminder text) returns text
    language plpgsql
as $$
declare
    task text;
begin
    delete from recurd.reminders as r where r.id = reminder returning r.task_id into task;
    if not found then
        raise exception using errcode = 'no_data_found',
            message = pg_catalog.format('there is no reminder "%s"', reminder),
            hint = 'Those of a task: select id, remind_at from recurd.reminders where task_id = ...';
    end if;
    return task;
end
$$;
