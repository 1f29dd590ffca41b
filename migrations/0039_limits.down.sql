drop function recurd.upcoming(integer);
drop trigger recurd_template_limit on recurring_tasks;
drop function recurd.template_limit();
drop table recurd.made_today;
alter table recurd.settings drop column max_templates_per_user, drop column max_instances_per_user_day;
