-- Two group roles without login: recurd_worker has what the daemon needs and no more; recurd_reader is
-- for applications and people that read notifications and views.
--     create role recurd login; grant recurd_worker to recurd;
-- Roles belong to the whole cluster, so that several databases share them.

do $$
declare
    name text;
begin
    foreach name in array array['recurd_worker', 'recurd_reader'] loop
        begin
            if not exists (select from pg_roles where rolname = name) then
                execute format('create role %I nologin', name);
            end if;
        exception
            when duplicate_object or unique_violation then
                null; -- another database's migration was faster
        end;
    end loop;
end
$$;

do $$
begin
    execute format('grant usage on schema %I to recurd_worker', current_schema());
end
$$;
grant usage on schema recurd to recurd_worker, recurd_reader;

grant select on recurring_tasks to recurd_worker;
grant update (next_due_at, is_active, starts_local, starts_zone, planned_due_at, made_through,
              used_count, replan_at, ended_at, failed_at, failure)
    on recurring_tasks to recurd_worker;
grant select (id, user_id, remind_at, reminded_at, is_complete, recurring_task_id, occurrence_at)
    on tasks to recurd_worker;
grant insert (id, title, description, priority, user_id, is_complete, due_date, created_at,
              updated_at, recurring_task_id, occurrence_at)
    on tasks to recurd_worker;
grant update (reminded_at) on tasks to recurd_worker;
grant insert (task_id, tag_id), select (task_id, tag_id) on task_tags to recurd_worker;

grant select, update (live_since) on recurd.settings to recurd_worker;
-- SELECT ... FOR UPDATE, by which two workers prune beside each other, needs a right to update.
grant select, insert, delete, update (id) on recurd.notifications to recurd_worker;
grant select, insert, delete, update (id) on recurd.decisions to recurd_worker;
grant select, insert, update, delete on recurd.workers to recurd_worker;
grant select on recurd.template_tags to recurd_worker;

grant select on recurd.notifications, recurd.decisions, recurd.workers to recurd_reader;
