update recurd.settings set compatible_from = 12 where compatible_from = 29;
drop table recurd.consumers;
alter table recurd.workers drop column file, drop column tzdata, drop column options;
drop trigger recurd_settings_changed on recurd.settings;
drop function recurd.settings_changed();
alter table recurd.settings
    drop column default_time_zone, drop column min_interval, drop column catch_up_limit, drop column adopt_backlog,
    drop column notify_task_created, drop column notification_retention, drop column changes;
