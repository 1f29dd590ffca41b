revoke select (id, user_id, title, description, priority, is_complete, due_date, remind_at, recurrence_rule,
               created_at, updated_at, recurring_task_id, occurrence_at, reminded_at, completed_at, repeat_of)
    on tasks from recurd_reader;
revoke select on recurring_tasks, tags from recurd_reader;
do $migration$
begin
    execute pg_catalog.format('revoke usage on schema %I from recurd_reader', current_schema());
end
$migration$;
revoke select on recurd.template_tags from recurd_reader;
revoke select on recurd.settings from recurd_reader;
drop view recurd.status;
drop view recurd.upcoming;
drop function recurd.status_row();
drop function recurd.upcoming_rows();
drop view recurd.worker_states;
