drop index ux_tasks_repeat_of;
