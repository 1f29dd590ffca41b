-- Templates whose rule was edited and whose next_due_at must be computed anew.
create index concurrently ix_recurring_tasks_replan
    on recurring_tasks (replan_at)
    where replan_at is not null and failed_at is null and (is_active or ended_at is not null);
