-- A user who moves to another time zone takes the series along: local dates and times stay, instants move.
-- replan_at says with '-infinity' that nobody edited the rule, so that nothing that was missed before the
-- move is passed over: it is made by the new clock.

-- A rule but for the zone that it names; whatever stands there, it does not fail.  Anybody may call it: the
-- trigger that does may belong to another role than it, after a later step was run by somebody else.
create function recurd.rule_but_zone(rule jsonb) returns text
    language sql immutable parallel safe
    return pg_catalog.regexp_replace(
        (case when pg_catalog.jsonb_typeof(rule) = 'object' then rule - 'timeZone' else rule end)::text,
        ';?TZID=(\\"[^"]*"|[^:;"\\]*)|(CRON_)?TZ=[^ "\\]+ *', '', 'gi');

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
            -- Another zone, and nothing else: local dates and times stay, what was missed is made.
            new.replan_at := case when recurd.rule_but_zone(new.recurrence_rule)
                                       = recurd.rule_but_zone(old.recurrence_rule)
                                  then coalesce(old.replan_at, '-infinity') else recurd.now() end;
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
               set replan_at = case when failed_at is null then coalesce(replan_at, '-infinity')
                                    else replan_at end,
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
