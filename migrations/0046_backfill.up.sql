-- Backfill: occurrences of a span of the past that have no instance are made, because somebody asks for it.
--
-- Rules are expanded by workers: what is asked for is a row here, which they work off in small transactions, each of
-- which says in the row how far it came.
create table recurd.backfills (
    id text constraint pk_backfills primary key default pg_catalog.gen_random_uuid()::text,
    template_id varchar not null
        constraint fk_backfills_template_id references recurring_tasks (id) on update cascade on delete cascade,
    asked_from timestamptz not null,                     -- occurrences from the one instant to the other, both inclusive
    asked_to timestamptz not null,
    asked_at timestamptz not null default recurd.now(),
    asked_by text default coalesce(nullif(pg_catalog.current_setting('recurd.actor', true), ''), session_user),
    next_at timestamptz not null default recurd.now(),   -- when a worker looks at it
    through timestamptz,                                 -- up to there all was looked at
    made integer not null default 0,                     -- tasks
    present integer not null default 0,                  -- occurrences that had an instance
    left_out integer not null default 0,                 -- occurrences that the rule, or the calendar, leaves out
    outcome text                                         -- null: under way; done, capped, limited, failed
        constraint ck_backfills_outcome check (outcome in ('done', 'capped', 'limited', 'failed')),
    detail text,                                         -- what it waits for, or why it ended
    finished_at timestamptz,
    constraint ck_backfills_span
        check (pg_catalog.isfinite(asked_from) and pg_catalog.isfinite(asked_to) and asked_from <= asked_to),
    constraint ck_backfills_finished check ((outcome is null) = (finished_at is null))
);
create index ix_backfills_pending on recurd.backfills (next_at) where finished_at is null;
create index ix_backfills_template_id on recurd.backfills (template_id, asked_at);
create index ix_backfills_finished_at on recurd.backfills (finished_at) where finished_at is not null;

-- Idle workers are woken where the step "wakeup" is there, which may come and go.
create function recurd.backfill_wake() returns trigger
    language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    if pg_catalog.to_regprocedure('recurd.wake(timestamptz)') is not null then
        execute 'select recurd.wake($1)' using new.next_at;
    end if;
    return null;
end
$$;

create trigger recurd_backfill_asked_wake after insert on recurd.backfills
    for each row when (new.finished_at is null)
    execute function recurd.backfill_wake();

-- What recurd.trigger() made was told by no worker, so that nobody was hinted at it; likewise, and no more than half of
-- the server's queue.
create function recurd.decision_wake() returns trigger
    language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    task text := recurd.instance_id(new.template_id, new.first_at);
begin
    if pg_catalog.to_regprocedure('recurd.wake(timestamptz)') is null
       or pg_catalog.pg_notification_queue_usage() >= 0.5 then
        return null;
    end if;
    execute 'select recurd.wake($1)' using new.at;
    if exists (select from recurd.notifications as n
                where n.key = recurd.notification_key('task_created', task, new.first_at)) then
        perform pg_catalog.pg_notify('recurd', pg_catalog.format('{"kind":"task_created","count":1,"tasks":["%s"]}', task));
    end if;
    return null;
end
$$;

create trigger recurd_decision_wake after insert on recurd.decisions
    for each row when (new.kind = 'triggered')
    execute function recurd.decision_wake();

-- For applications and recurctl, with the rights of whoever calls.  Who asks twice for the same gets the same request.
do $$
begin
    execute pg_catalog.format($create$
        create function recurd.backfill(template text, since timestamptz, until timestamptz) returns text
            language plpgsql set search_path = pg_catalog, pg_temp
        as $body$
        declare
            t record;
            asked text;
            pending integer;
        begin
            if template is null or pg_catalog.isfinite(since) is not true or pg_catalog.isfinite(until) is not true then
                raise invalid_parameter_value using message = 'expected a template''s id and two instants',
                    hint = 'As in recurd.backfill(id, ''2027-01-01'', ''2027-02-01'').';
            end if;
            select o.id, o.failed_at, o.failure into t from %1$I.recurring_tasks as o where o.id = template for key share;
            if t.id is null then
                raise no_data_found using message = pg_catalog.format('there is no template %%s', template),
                    hint = 'Its id is the one in recurring_tasks.';
            end if;
            if t.failed_at is not null then
                raise object_not_in_prerequisite_state using
                    message = pg_catalog.format('template %%s is in quarantine: %%s', template, t.failure),
                    hint = 'Mend its rule first.';
            end if;
            if since > until then
                raise invalid_parameter_value using
                    message = pg_catalog.format('expected a span, got one that ends (%%s) before it begins (%%s)', until, since),
                    hint = 'Give the earlier instant first.';
            end if;
            if since > recurd.now() then
                raise invalid_parameter_value using
                    message = pg_catalog.format('%%s lies ahead, it is %%s', since, recurd.now()),
                    hint = 'What is still to come comes by itself.';
            end if;
            if until > recurd.now() then
                raise notice using
                    message = pg_catalog.format('template %%s: backfilled up to now, %%s', template, recurd.now()),
                    hint = 'What is still to come comes by itself.';
                until := recurd.now();
            end if;
            select b.id into asked from recurd.backfills as b
             where b.template_id = template and b.finished_at is null and b.asked_from = since and b.asked_to = until
             limit 1;
            if asked is not null then
                return asked;
            end if;
            select count(*) into pending
              from (select from recurd.backfills as b where b.template_id = template and b.finished_at is null limit 100) as x;
            if pending >= 100 then
                raise program_limit_exceeded using
                    message = pg_catalog.format('100 backfills of template %%s are under way', template),
                    hint = 'Wait for them, or delete their rows of recurd.backfills.';
            end if;
            insert into recurd.backfills (template_id, asked_from, asked_to) values (template, since, until)
            returning id into asked;
            return asked;
        end
        $body$
    $create$, current_schema());
end
$$;

-- Triggers fire without this right; nobody else may put the functions on a table of his own.
revoke all on function recurd.backfill_wake() from public;
revoke all on function recurd.decision_wake() from public;

grant select, insert, update, delete on recurd.backfills to recurd_worker;
grant select on recurd.backfills to recurd_reader;
-- Its own right, because everybody's may go at any time; the table's decide.
grant execute on function recurd.backfill(text, timestamptz, timestamptz) to recurd_worker, recurd_reader;
