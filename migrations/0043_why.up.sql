-- What "why?" is answered from: who decided, and who changed a template from what to what.

-- A worker says its name in each batch; an application may say with recurd.actor, set for its transaction, for whom
-- it acts.  Rows of before keep null.
alter table recurd.decisions add column by text;
alter table recurd.decisions alter column by
    set default coalesce(nullif(pg_catalog.current_setting('recurd.actor', true), ''), session_user);

create table recurd.changes (
    id bigint generated always as identity constraint pk_changes primary key,
    at timestamptz not null default recurd.now(),
    by text not null default coalesce(nullif(pg_catalog.current_setting('recurd.actor', true), ''), session_user),
    kind text not null,                                  -- template
    template_id text not null,
    before jsonb not null,                               -- of the keys that changed; of a template that was deleted, all
    after jsonb,                                         -- null: it was deleted
    -- How far the series was, where its rule or next_due_at changed: what came of it until then is known by these.
    recurrence_rule jsonb,                               -- the one of before
    next_due_at timestamptz,                             -- null: it had ended
    made_through timestamptz,
    starts_local timestamp,
    starts_zone text
);
create index ix_changes_template_id on recurd.changes (template_id, at);
create index ix_changes_at on recurd.changes (at);

alter table recurd.settings
    add column audit boolean,
    add column audit_retention interval                  -- 0: for ever
        constraint ck_settings_audit_retention
            check (extract(epoch from audit_retention) between 0 and 36500 * 86400.0);

-- Runs in the application's transactions: cheap, needs no right of theirs, and never fails.  What recurd keeps for
-- itself is no change of anybody's, nor is updated_at, which changes with everything.  A value beyond 64 kB is told
-- as that.
create function recurd.template_audited() returns trigger
    language plpgsql security definer set search_path = ''
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
    was := pg_catalog.to_jsonb(old) - own;
    if tg_op = 'UPDATE' then
        is_now := pg_catalog.to_jsonb(new) - own;
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

create function recurd.audited_value(value jsonb) returns jsonb
    language sql immutable parallel safe
    return case when pg_catalog.pg_column_size(value) <= 65536 then value
                else pg_catalog.to_jsonb('(more than 64 kB)'::text) end;

-- A batch of a worker's says of itself that it is one.
create trigger recurd_template_audited after update on recurring_tasks
    for each row
    when (pg_catalog.current_setting('recurd.templates_locked', true) is distinct from 'on')
    execute function recurd.template_audited();

create trigger recurd_template_deleted_audited after delete on recurring_tasks
    for each row execute function recurd.template_audited();

-- A task in quarantine for the zone of its user, for the default or for being too frequent is looked at again when
-- that changes, as a template is.
do $$
begin
    execute pg_catalog.format($create$
        create function recurd.zone_mended() returns trigger
            language plpgsql security definer set search_path = ''
        as $body$
        declare
            whose text;
        begin
            if tg_table_name = 'settings' then
                if new.default_time_zone is distinct from old.default_time_zone then
                    update recurd.repeats set failed_at = null, failure = null
                     where failed_at is not null and failure like 'default\_time\_zone: %%';
                end if;
                if new.min_interval is distinct from old.min_interval then
                    update recurd.repeats set failed_at = null, failure = null
                     where failed_at is not null and failure like '%%(min\_interval)%%';
                end if;
                return null;
            end if;
            whose := coalesce(new.user_id, old.user_id);
            if tg_op = 'UPDATE' and new.time_zone is not distinct from old.time_zone then
                return null;
            end if;
            update recurd.repeats as r set failed_at = null, failure = null
             where r.failed_at is not null
               and (r.failure like 'recurd.preferences.time\_zone: %%' or r.failure like 'default\_time\_zone: %%')
               and exists (select from %1$I.tasks as k where k.id = r.task_id and k.user_id = whose);
            return null;
        end
        $body$
    $create$, current_schema());
end
$$;

create trigger recurd_preferences_mended after insert or update or delete on recurd.preferences
    for each row execute function recurd.zone_mended();

create trigger recurd_settings_mended after update on recurd.settings
    for each row execute function recurd.zone_mended();

-- Triggers fire without this right; nobody else may put the functions on a table of his own.
revoke all on function recurd.template_audited() from public;
revoke all on function recurd.zone_mended() from public;

-- Rows are locked before they are deleted.
grant select, update (at), delete on recurd.changes to recurd_worker;
grant select on recurd.changes to recurd_reader;
