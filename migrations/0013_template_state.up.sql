-- What recurd knows of a template beside the application's next_due_at, and the trigger that notices
-- what the application does.  All columns are nullable or have constant defaults: nothing is rewritten
-- and inserts that know nothing of them go on.

alter table recurring_tasks
    add column starts_local timestamp,                   -- the anchor (DTSTART), wall time
    add column starts_zone text,                         -- in this zone
    add column planned_due_at timestamptz,               -- the next_due_at that recurd computed
    add column made_through timestamptz,                 -- latest occurrence made or dropped
    add column used_count bigint not null default 0,     -- occurrences used up, against COUNT
    add column replan_at timestamptz,                    -- the rule was edited at this instant
    add column paused_at timestamptz,
    add column resumed_at timestamptz,
    add column ended_at timestamptz,                     -- the rule has no further occurrence
    add column failed_at timestamptz,                    -- quarantined: the rule does not work
    add column failure text;                             -- and why

-- Runs in the application's transactions: it must be cheap, need no right of theirs, and never fail.
create function recurd.template_changed() returns trigger
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

create trigger recurd_template_changed before update on recurring_tasks
    for each row
    when (old.recurrence_rule is distinct from new.recurrence_rule
          or old.is_active is distinct from new.is_active
          or old.failed_at is not null and old.next_due_at is distinct from new.next_due_at)
    execute function recurd.template_changed();

create trigger recurd_template_created_paused before insert on recurring_tasks
    for each row
    when (not new.is_active)
    execute function recurd.template_changed();

-- Triggers fire without this right; nobody else may put the function on a table of his own.
revoke all on function recurd.template_changed() from public;
