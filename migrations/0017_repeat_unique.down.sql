drop index if exists ux_tasks_repeat_of;
