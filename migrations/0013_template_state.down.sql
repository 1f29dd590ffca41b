drop trigger recurd_template_created_paused on recurring_tasks;
drop trigger recurd_template_changed on recurring_tasks;
drop function recurd.template_changed();

alter table recurring_tasks
    drop column starts_local,
    drop column starts_zone,
    drop column planned_due_at,
    drop column made_through,
    drop column used_count,
    drop column replan_at,
    drop column paused_at,
    drop column resumed_at,
    drop column ended_at,
    drop column failed_at,
    drop column failure;
