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
        elsif old.starts_local is not null then
            new.replan_at := recurd.now();
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

do $$
begin
    execute pg_catalog.format($create$
        create or replace function recurd.preferences_changed() returns trigger
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
               and (starts_local is not null and starts_zone is distinct from new.time_zone
                    or failed_at is not null)
               and not pg_catalog.jsonb_exists(recurrence_rule, 'timeZone');
            return null;
        end
        $body$
    $create$, current_schema());
end
$$;

drop function recurd.rule_but_zone(jsonb);
