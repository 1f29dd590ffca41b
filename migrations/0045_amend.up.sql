-- Three things that one could ask for, and that lost an occurrence without a word: to split a series before the date of
-- one that had been moved to before the split (neither had it then), to take a move back after its own date had passed,
-- and, where there is COUNT, to leave out one that had been moved behind what the series had come to.
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
            if passed then
                update %1$I.recurring_tasks as t set used_count = t.used_count + 1 where t.id = template;
            end if;
            return nominal;
        end
        $body$
    $create$, current_schema());

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
            early text;
            stands timestamptz;
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
