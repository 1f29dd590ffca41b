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
