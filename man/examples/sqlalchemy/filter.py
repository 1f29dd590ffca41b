"""What recurd added to the application's tables, for models that do not have it.  In Alembic's env.py:

    from filter import include_object

    context.configure(..., target_metadata=target_metadata, include_object=include_object)
"""

OURS = {
    "tasks": "recurring_task_id occurrence_at reminded_at completed_at repeat_of fk_tasks_recurring_task_id"
             " ux_tasks_recurring_task_id_occurrence_at ux_tasks_repeat_of ix_tasks_pending_remind_at"
             " ix_tasks_user_id_pending_remind_at",
    "recurring_tasks": "starts_local starts_zone planned_due_at made_through used_count replan_at paused_at resumed_at"
                       " ended_at failed_at failure wake_at ix_recurring_tasks_due ix_recurring_tasks_replan"
                       " ix_recurring_tasks_quarantined ix_recurring_tasks_paused ix_recurring_tasks_ended"
                       " ix_recurring_tasks_wake",
}


def include_object(object, name, type_, reflected, compare_to):
    if type_ == "table":
        return object.schema != "recurd"
    ours = OURS.get(object.table.name, "").split()
    return not (reflected and compare_to is None and name in ours)
