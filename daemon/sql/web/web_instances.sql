-- Caller: the page of one template.  Its instances, in the order of their occurrences.
-- $1 text: the template   $2, $3 timestamptz: from, to
-- Index: ux_tasks_recurring_task_id_occurrence_at.
-- Result: text timestamptz timestamptz int8 bool
select i.id, i.occurrence_at, i.due_date, i.created_at, i.is_complete
from recurd.web_instances($1::text, $2::timestamptz, $3::timestamptz) as i
