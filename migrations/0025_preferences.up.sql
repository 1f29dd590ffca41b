-- A user's time zone: for rules that name none, before the daemon's default_time_zone.

create table recurd.preferences (
    user_id text constraint pk_preferences primary key
        constraint fk_preferences_user_id references "user" (id) on delete cascade,
    time_zone text,                                      -- IANA name; null: the daemon's default
    updated_at timestamptz not null default recurd.now()
);

-- A changed zone moves the user's templates that name none: their wall time stays, the instant moves.
-- The application's schema is written into the body: search_path is empty when it runs.
do $$
begin
    execute pg_catalog.format($create$
        create function recurd.preferences_changed() returns trigger
            language plpgsql security definer set search_path = ''
        as $body$
        declare
            whose text := coalesce(new.user_id, old.user_id);
        begin
            if tg_op = 'UPDATE' and new.time_zone is not distinct from old.time_zone then
                return null;
            end if;
            update %1$I.recurring_tasks
               set replan_at = case when failed_at is null then recurd.now() else replan_at end,
                   failed_at = null, failure = null
             where user_id = whose
               and (starts_local is not null or failed_at is not null)
               and not pg_catalog.jsonb_exists(recurrence_rule, 'timeZone');
            return null;
        end
        $body$
    $create$, current_schema());
end
$$;

create trigger recurd_preferences_changed after insert or update or delete on recurd.preferences
    for each row execute function recurd.preferences_changed();

grant select on recurd.preferences to recurd_worker, recurd_reader;

-- Triggers fire without this right; nobody else may put the function on a table of his own.
revoke all on function recurd.preferences_changed() from public;
