-- A task is repeated at most once.
create unique index concurrently ux_tasks_repeat_of
    on tasks (repeat_of) where repeat_of is not null;
