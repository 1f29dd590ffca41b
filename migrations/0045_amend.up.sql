-- Verbs that lost an occurrence without a word, or did more than they were asked: a series that was split before the date
-- of an occurrence that had been moved to before the split (neither had it then), or behind its own end (it went on,
-- beside what had been split off); a move that was taken back after its own date had passed; where there is COUNT, one
-- left out that had been moved behind what the series had come to; a snooze that was made shorter, or taken back, after
-- it had put reminders aside.  And what one row cannot be done is no longer in the way of others: a pause that a
-- trigger of the application's keeps from ending.
do $migration$
begin
    -- What skip, postpone, change and unskip have in common.  new_at: only of postpone.
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

    -- Columns that are generated, identities among them, are not copied, and instants that no rule can name are refused:
    -- what was left of the series was in quarantine for them.
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
            source constant text := pg_catalog.quote_ident(%1$L) || '.recurring_tasks';
            columns text;
            early text;
            stands timestamptz;
            ends timestamptz;
        begin
            if template is null or (occurrence >= '0001-01-02 00:00:00+00' and occurrence < '9999-12-31 00:00:00+00') is not true then
                raise invalid_parameter_value using
                    message = 'expected a template''s id and the instant of an occurrence, in the years 1 to 9999';
            end if;
            if pg_catalog.jsonb_typeof(new_rule) not in ('object', 'string', 'array') or new_rule = '[]' then
                raise invalid_parameter_value using
                    message = pg_catalog.format('new_rule: expected a rule, got %%s', new_rule),
                    hint = 'As in {"frequency": "weekly"}; null for the rule of the template.';
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

            -- One of the rest that stands before it would be in neither.
            select o.key, o.moved into early, stands
              from (select e.key, recurd.override_instant(e.key, taken.zone) as own,
                           recurd.override_instant(e.value->>'start', taken.zone) as moved
                      from pg_catalog.jsonb_each(taken.rule->'recurrenceOverrides') as e) as o
             where o.own >= cut and o.moved < cut
               and o.moved > coalesce(pg_catalog.date_trunc('second', t.made_through), '-infinity')
             order by o.moved limit 1;
            if early is not null then
                raise object_not_in_prerequisite_state using
                    message = pg_catalog.format('template %%s: occurrence %%s was moved to %%s, before %%s',
                                                template, early, stands, cut),
                    hint = 'Split at that instant or before it, or take the move back with recurd.unskip().';
            end if;

            -- The end that the rule has must lie behind, or the old one would go on beyond it.  One that is no time is not
            -- for here to tell.
            begin
                ends := recurd.override_instant(pg_catalog.regexp_replace(coalesce(
                    taken.rule->>'until', taken.rule->>'end_date',
                    pg_catalog.regexp_replace(
                        (pg_catalog.regexp_match(taken.rule->>'rrule', '[;:]UNTIL=([0-9TZ]+)', 'i'))[1],
                        '^(\d{4})(\d\d)(\d\d)(?:(T)(\d\d)(\d\d)(\d\d))?(Z?)$', '\1-\2-\3\4\5:\6:\7\8', 'i')),
                    '^(\d{4}-\d\d-\d\d):*$', '\1T23:59:59'), taken.zone);
            exception when datetime_field_overflow or invalid_datetime_format then
                null;
            end;
            if ends < cut then
                raise object_not_in_prerequisite_state using
                    message = pg_catalog.format('template %%s ends at %%s: nothing of it would come from %%s on',
                                                template, ends, cut),
                    hint = 'Split it before its end, or insert another template.';
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
            -- What the server makes of each row by itself it makes of this one, too.
            select pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' order by a.attnum) into columns
              from pg_catalog.pg_attribute as a
             where a.attrelid = source::regclass and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
                   and pg_catalog.pg_get_serial_sequence(source, a.attname) is null;
            execute pg_catalog.format('insert into %%1$s (%%2$s) select %%2$s from pg_catalog.jsonb_populate_record($1, $2)',
                                      source, columns)
              using t, pg_catalog.jsonb_build_object(
                  'id', rest, 'recurrence_rule', since, 'next_due_at', cut, 'planned_due_at', cut,
                  'created_at', recurd.now(), 'updated_at', recurd.now(),
                  'starts_local', coalesce(t.starts_local, t.next_due_at at time zone taken.zone),
                  'starts_zone', coalesce(t.starts_zone, taken.zone),
                  'used_count', case when new_rule is null then t.used_count else 0 end,
                  'replan_at', cut - interval '1 s'
                               + case when new_rule is null then interval '2 us' else interval '0' end);
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
            -- What a longer snooze put aside, and this one does not reach, comes after all: nothing else is handled ahead.
            update %1$I.tasks as k set reminded_at = null
             where k.id = task and k.remind_at > until and k.reminded_at >= k.remind_at and k.reminded_at > recurd.now()
               and k.remind_at <= (select r.remind_at from recurd.reminders as r where r.id = 'snooze ' || task);
            update recurd.reminders as r set reminded_at = null
             where r.task_id = task and r.remind_at > until and r.reminded_at >= r.remind_at
               and r.reminded_at > recurd.now() and r.id <> 'snooze ' || task
               and r.remind_at <= (select s.remind_at from recurd.reminders as s where s.id = 'snooze ' || task);
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
        create or replace function recurd.unremind(reminder text) returns text
            language plpgsql
        as $body$
        declare
            gone record;
        begin
            delete from recurd.reminders as r where r.id = reminder returning r.task_id, r.remind_at, r.source into gone;
            if not found then
                raise exception using errcode = 'no_data_found',
                    message = pg_catalog.format('there is no reminder "%%s"', reminder),
                    hint = 'Those of a task: select id, remind_at from recurd.reminders where task_id = ...';
            end if;
            -- What a snooze put aside comes after all, where it still can.
            if gone.source = 'snooze' then
                update %1$I.tasks as k set reminded_at = null
                 where k.id = gone.task_id and k.remind_at > recurd.now() and k.reminded_at >= k.remind_at
                   and k.remind_at <= gone.remind_at;
                update recurd.reminders as r set reminded_at = null
                 where r.task_id = gone.task_id and r.remind_at > recurd.now() and r.reminded_at >= r.remind_at
                   and r.remind_at <= gone.remind_at;
            end if;
            return gone.task_id;
        end
        $body$
    $create$, current_schema());

    -- What is made by hand has the reminders of its policy, too.
    execute pg_catalog.format($create$
        create or replace function recurd.trigger(template text) returns text
            language plpgsql set search_path = pg_catalog, pg_temp
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
            -- As those of what a worker makes: of what is past the last one is told, at once.
            insert into recurd.reminders (id, task_id, remind_at, before, reminded_at, source, created_by)
            select recurd.reminder_id(task, b.us::text), task, b.at, b.us * interval '1 microsecond',
                   case when b.at < b.last then pg_catalog.date_trunc('second', b.at) + interval '999999 us' end,
                   'policy', p.updated_by
              from recurd.policies as p
              join lateral (
                  select s.us, s.at, max(s.at) filter (where s.at <= recurd.now()) over () as last
                    from (select distinct u.us, recurd.remind_at(pg_catalog.date_trunc('second', instant),
                                                                 u.us * interval '1 microsecond') as at
                            from pg_catalog.unnest(p.remind_before) as o (before)
                           cross join lateral (select least(greatest((extract(epoch from o.before) * 1000000)::bigint,
                                                                     -31622400000000), 31622400000000) as us) as u) as s) as b
                   on true
             where p.template_id = t.id;
            perform recurd.tell_triggered(task);
            return task;
        end
        $body$
    $create$, current_schema());

    -- The limit that it named was still too small where a user had more.
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
                    -- All that there are, this statement's as well: a limit that was set later is passed by many.
                    select pg_catalog.count(*) into has from %1$I.recurring_tasks as t where t.user_id = who.id;
                    raise exception using errcode = 'program_limit_exceeded',
                        schema = tg_table_schema, table = tg_table_name, constraint = 'recurd_template_limit',
                        message = pg_catalog.format('user "%%s" may have %%s recurring tasks, and would have %%s', who.id, most, has),
                        hint = 'Delete some of them, or raise the limit: recurctl settings set max_templates_per_user '
                               || has || '.';
                end if;
            end loop;
            return null;
        end
        $body$
    $create$, current_schema());

    -- Ends a pause whose time is over, for a worker that has locked the template and its policies: the template is active
    -- again, and a trigger clears what was said of the pause; here it is for one that is active, or has ended, already.
    -- Null, or SQLSTATE and message of what refused it, a trigger of the application's mostly: then it stays paused, and
    -- what else the worker does in its transaction holds.
    execute pg_catalog.format($create$
        create or replace function recurd.resume_due(template text, resumes boolean) returns text[]
            language plpgsql set search_path = pg_catalog, pg_temp
        as $body$
        declare
            state text;
            message text;
        begin
            if resumes then
                update %1$I.recurring_tasks as t set is_active = true where t.id = template;
            else
                update recurd.policies as p set pause_reason = null, paused_by = null, paused_until = null
                 where p.template_id = template;
            end if;
            return null;
        exception
            when serialization_failure or deadlock_detected or lock_not_available then
                raise; -- all of it is tried again
            when others then
                get stacked diagnostics state = returned_sqlstate, message = message_text;
                return array[state, message];
        end
        $body$
    $create$, current_schema());
end
$migration$;

-- As before; but an instant that no key can name is refused: one of another year was written for it.
create or replace function recurd.override_key(instant timestamptz, zone text) returns text
    language plpgsql stable parallel safe set search_path = pg_catalog, pg_temp
as $$
begin
    if (instant >= '0001-01-02 00:00:00+00' and instant < '9999-12-31 00:00:00+00') is not true then
        raise invalid_parameter_value using
            message = pg_catalog.format('expected the instant of an occurrence, in the years 1 to 9999, got %s', instant);
    end if;
    return case when recurd.zone_instant(instant at time zone zone, zone) = instant
                then pg_catalog.to_char(instant at time zone zone, 'YYYY-MM-DD"T"HH24:MI:SS')
                else pg_catalog.to_char(instant at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') end;
end
$$;

revoke all on function recurd.resume_due(text, boolean) from public;
grant execute on function recurd.resume_due(text, boolean) to recurd_worker;

-- Never in the way of what the application writes.
create or replace function recurd.template_audited() returns trigger
    language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    own constant text[] := '{updated_at,planned_due_at,made_through,used_count,starts_local,starts_zone,replan_at,'
                           'paused_at,resumed_at,ended_at,failed_at,failure,wake_at}';
    was jsonb;
    is_now jsonb;
    series boolean := false;
begin
    if (select s.audit from recurd.settings as s) is false then
        return null;
    end if;
    -- Of a column of the application's that no jsonb can hold (json with \u0000) nothing is known.
    begin
        was := pg_catalog.to_jsonb(old) - own;
        is_now := case when tg_op = 'UPDATE' then pg_catalog.to_jsonb(new) - own end;
    exception
        when data_exception then
            return null;
    end;
    if tg_op = 'UPDATE' then
        if was = is_now then
            return null;
        end if;
        select pg_catalog.jsonb_object_agg(k.key, recurd.audited_value(was->k.key)),
               pg_catalog.jsonb_object_agg(k.key, recurd.audited_value(is_now->k.key))
          into was, is_now
          from pg_catalog.jsonb_object_keys(was || is_now) as k (key)
         where was->k.key is distinct from is_now->k.key;
        series := pg_catalog.jsonb_exists_any(was, '{recurrence_rule,next_due_at}') and old.starts_local is not null;
    else
        select pg_catalog.jsonb_object_agg(k.key, recurd.audited_value(k.value))
          into was from pg_catalog.jsonb_each(was) as k (key, value);
    end if;
    -- A restore may have left the sequence behind the rows: that must not refuse what the application writes.
    for tries in 1..2 loop
        insert into recurd.changes (kind, template_id, before, after, recurrence_rule, next_due_at, made_through,
                                    starts_local, starts_zone)
        values ('template', old.id::text, was, is_now,
                case when series then recurd.audited_value(pg_catalog.to_jsonb(old.recurrence_rule)) end,
                case when series and old.ended_at is null then old.next_due_at::timestamptz end,
                case when series then old.made_through end,
                case when series then old.starts_local end, case when series then old.starts_zone end)
            on conflict (id) do nothing;
        exit when found;
        perform pg_catalog.setval(pg_catalog.pg_get_serial_sequence('recurd.changes', 'id'), max(c.id))
           from recurd.changes as c;
    end loop;
    return null;
end
$$;
