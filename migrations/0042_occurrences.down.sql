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

drop function recurd.split(text, timestamptz, jsonb);
drop function recurd.trigger(text);
drop function recurd.tell_triggered(text);
drop function recurd.change(text, timestamptz, text, text, text);
drop function recurd.postpone(text, timestamptz, timestamptz);
drop function recurd.unskip(text, timestamptz);
drop function recurd.skip(text, timestamptz);
drop function recurd.amend(text, timestamptz, text, jsonb, timestamptz);
drop function recurd.postponed(text, jsonb, timestamptz, timestamptz, text, timestamptz, timestamptz);
drop function recurd.check_size(text, jsonb, jsonb);
drop function recurd.template_taken(text);
drop function recurd.rule_zone(jsonb, text);
drop function recurd.override_key(timestamptz, text);
drop function recurd.override_instant(text, text);
drop function recurd.zone_instant(timestamp, text);
drop function recurd.rule_but_overrides(jsonb);
