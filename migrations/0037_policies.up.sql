-- Policies: how one template is caught up, what happens while its last task is open, how far ahead it is made.  A
-- template that has none costs what it did: its wake_at is null, and it is found by next_due_at, as ever.
-- One that has some is found by wake_at, the instant at which a worker must look at it.
-- A worker of before would make it at next_due_at and know nothing of this: it must not go on.

-- All that needs the table, first, and under one lock.
alter table recurring_tasks add column wake_at timestamptz; -- null: it has no row in recurd.policies

create table recurd.policies (
    template_id varchar constraint pk_policies primary key
        constraint fk_policies_template_id references recurring_tasks (id) on delete cascade,
    -- Null: not set, so that the default holds.
    catch_up text                                        -- of what is late: all, latest, none
        constraint ck_policies_catch_up check (catch_up in ('all', 'latest', 'none')),
    catch_up_window interval                             -- what is later than that is dropped
        constraint ck_policies_catch_up_window
            check (extract(epoch from catch_up_window) between 1 and 36500 * 86400.0),
    catch_up_cap integer                                 -- at most so many, the newest
        constraint ck_policies_catch_up_cap check (catch_up_cap between 1 and 100000),
    overlap text                                         -- while its newest task is open: allow, skip, replace
        constraint ck_policies_overlap check (overlap in ('allow', 'skip', 'replace')),
    lead_time interval                                   -- tasks are made so long before they are due
        constraint ck_policies_lead_time check (extract(epoch from lead_time) between 0 and 366 * 86400.0),
    jitter interval                                      -- and up to so much later, each template by a time of its own
        constraint ck_policies_jitter check (extract(epoch from jitter) between 0 and 86400),
    remind_before interval[]                             -- reminders of each task; negative: after it is due
        constraint ck_policies_remind_before
            check (coalesce(pg_catalog.array_ndims(remind_before), 1) = 1
                   and pg_catalog.cardinality(remind_before) <= 20
                   and pg_catalog.array_position(remind_before, null) is null
                   and -366 * interval '24 hours' <= all (remind_before)
                   and 366 * interval '24 hours' >= all (remind_before)),
    calendar text
        constraint ck_policies_calendar check (pg_catalog.octet_length(calendar) between 1 and 200),
    shift text                                           -- where it falls on a day off
        constraint ck_policies_shift check (shift in ('none', 'next', 'previous', 'nearest', 'skip')),
    pause_reason text
        constraint ck_policies_pause_reason check (pg_catalog.octet_length(pause_reason) <= 2000),
    paused_by text,
    paused_until timestamptz                             -- resumed then; null: by somebody
        constraint ck_policies_paused_until check (pg_catalog.isfinite(paused_until)),
    pause_catch_up text                                  -- what fell into a pause: none, latest, all
        constraint ck_policies_pause_catch_up check (pause_catch_up in ('none', 'latest', 'all')),
    updated_at timestamptz not null default recurd.now(),
    updated_by text
);
create index ix_policies_paused_until on recurd.policies (paused_until) where paused_until is not null;

create function recurd.policies_stamped() returns trigger
    language plpgsql set search_path = ''
as $$
begin
    new.updated_at := recurd.now();
    new.updated_by := coalesce(nullif(pg_catalog.current_setting('recurd.actor', true), ''), session_user);
    return new;
end
$$;

create trigger recurd_policies_stamped before insert or update on recurd.policies
    for each row execute function recurd.policies_stamped();

-- A policy that changed: a worker looks at its template now, and makes nothing again that was made.  A batch that
-- holds the template is waited for, and one that read the policy before finds another when it writes.
-- The application's schema is written into the bodies: search_path is empty when they run.
do $$
begin
    execute pg_catalog.format($create$
        create function recurd.policies_changed() returns trigger
            language plpgsql security definer set search_path = ''
        as $body$
        begin
            if tg_op <> 'INSERT' and (tg_op = 'DELETE' or old.template_id <> new.template_id) then
                update %1$I.recurring_tasks set wake_at = null where id = old.template_id and wake_at is not null;
            end if;
            if tg_op <> 'DELETE' then
                update %1$I.recurring_tasks set wake_at = recurd.now() where id = new.template_id;
            end if;
            return null;
        end
        $body$
    $create$, current_schema());
end
$$;

create trigger recurd_policies_changed after insert or update or delete on recurd.policies
    for each row execute function recurd.policies_changed();

-- Whatever anybody but a worker does to a template with policies: look at it now.  So wake_at has a value exactly
-- where there is a row of policies, even where an application saves what it read before.
create function recurd.template_policed() returns trigger
    language plpgsql security definer set search_path = ''
as $$
begin
    new.wake_at := case when exists (select from recurd.policies as p where p.template_id = new.id)
                        then recurd.now() end;
    -- A pause that was to end by itself ended then, however late somebody sees to it; its end is no part of it.
    if tg_op = 'UPDATE' and new.is_active and not old.is_active and new.resumed_at is distinct from old.resumed_at then
        new.resumed_at := least(new.resumed_at, (select p.paused_until - interval '1 microsecond'
                                                   from recurd.policies as p where p.template_id = new.id));
    end if;
    return new;
end
$$;

create trigger recurd_template_policed before update on recurring_tasks
    for each row
    when ((old.wake_at is not null or new.wake_at is not null)
          and (old.wake_at is distinct from new.wake_at
               or old.next_due_at is distinct from new.next_due_at
               or old.recurrence_rule is distinct from new.recurrence_rule
               or old.is_active is distinct from new.is_active)
          and pg_catalog.current_setting('recurd.templates_locked', true) is distinct from 'on')
    execute function recurd.template_policed();

create trigger recurd_template_created_policed before insert on recurring_tasks
    for each row
    when (new.wake_at is not null)
    execute function recurd.template_policed();

-- Whoever resumes ends what was said of the pause; a row that says nothing more goes.
create function recurd.template_resumed() returns trigger
    language plpgsql security definer set search_path = ''
as $$
begin
    update recurd.policies set pause_reason = null, paused_by = null, paused_until = null
     where template_id = new.id
       and (pause_reason is not null or paused_by is not null or paused_until is not null);
    if found then
        delete from recurd.policies
         where template_id = new.id
           and catch_up is null and catch_up_window is null and catch_up_cap is null and overlap is null
               and lead_time is null and jitter is null and remind_before is null and calendar is null
               and shift is null and pause_catch_up is null;
    end if;
    return null;
end
$$;

create trigger recurd_template_resumed after update on recurring_tasks
    for each row
    when (new.is_active and not old.is_active and new.wake_at is not null)
    execute function recurd.template_resumed();

-- For applications and recurctl, with the rights of whoever calls.
do $$
begin
    execute pg_catalog.format($create$
        create function recurd.pause(template text, reason text default null, until timestamptz default null)
            returns void
            language plpgsql set search_path = ''
        as $body$
        declare
            ended boolean;
        begin
            select t.ended_at is not null into ended from %1$I.recurring_tasks as t where t.id = template for update;
            if not found then
                raise exception using errcode = 'no_data_found',
                    message = pg_catalog.format('there is no recurring task with the id "%%s"', template);
            elsif ended then
                raise exception using errcode = 'object_not_in_prerequisite_state',
                    message = pg_catalog.format('recurring task "%%s" has ended: there is nothing to pause', template);
            elsif until <= recurd.now() or not pg_catalog.isfinite(until) then
                raise exception using errcode = 'invalid_parameter_value',
                    message = pg_catalog.format('until: expected an instant after %%s, got %%s', recurd.now(), until),
                    hint = 'Without "until" the pause lasts until somebody calls recurd.resume.';
            end if;
            insert into recurd.policies as p (template_id, pause_reason, paused_by, paused_until)
            values (template, reason,
                    coalesce(nullif(pg_catalog.current_setting('recurd.actor', true), ''), session_user), until)
            on conflict on constraint pk_policies do update
               set pause_reason = excluded.pause_reason, paused_by = excluded.paused_by,
                   paused_until = excluded.paused_until;
            update %1$I.recurring_tasks as t set is_active = false where t.id = template and t.is_active;
        end
        $body$
    $create$, current_schema());
    execute pg_catalog.format($create$
        create function recurd.resume(template text) returns void
            language plpgsql set search_path = ''
        as $body$
        declare
            ended boolean;
        begin
            select t.ended_at is not null into ended from %1$I.recurring_tasks as t where t.id = template for update;
            if not found then
                raise exception using errcode = 'no_data_found',
                    message = pg_catalog.format('there is no recurring task with the id "%%s"', template);
            elsif ended then
                raise exception using errcode = 'object_not_in_prerequisite_state',
                    message = pg_catalog.format('recurring task "%%s" has ended: there is nothing to resume', template),
                    hint = 'A rule that goes on brings it back: write its recurrence_rule.';
            end if;
            update %1$I.recurring_tasks as t set is_active = true where t.id = template and t.is_active is not true;
        end
        $body$
    $create$, current_schema());
    execute pg_catalog.format($create$
        create function recurd.set_policy(template text, key text, value text) returns void
            language plpgsql set search_path = ''
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
end
$$;

-- Triggers fire without this right; nobody else may put the functions on a table of his own.
revoke all on function recurd.policies_stamped() from public;
revoke all on function recurd.policies_changed() from public;
revoke all on function recurd.template_policed() from public;
revoke all on function recurd.template_resumed() from public;

grant select, insert, update, delete on recurd.policies to recurd_worker;
grant select on recurd.policies to recurd_reader;
grant update (wake_at) on recurring_tasks to recurd_worker;
-- They have the rights of their caller, and everybody may call them, also where that is not so by default.
grant execute on function recurd.pause(text, text, timestamptz), recurd.resume(text), recurd.set_policy(text, text, text)
    to public;
-- An open task gives way to the next one.
grant update (is_complete, updated_at) on tasks to recurd_worker;

-- Of what is active, only what has policies is in it.
create index concurrently ix_recurring_tasks_wake
    on recurring_tasks (wake_at) where is_active and failed_at is null and wake_at is not null;

-- As before, but that a template with policies is due at its wake_at.
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
end
$$;

-- Together, so that repair does both.
do $$
begin
    execute $create$
        create or replace function recurd.settings_made() returns trigger
            language plpgsql set search_path = ''
        as $body$
        begin
            new.compatible_from := greatest(new.compatible_from, 37);
            return new;
        end
        $body$
    $create$;
    update recurd.settings set compatible_from = greatest(compatible_from, 37);
end
$$;
