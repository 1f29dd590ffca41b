-- recurctl explain: opens the cursor over the instances of a template, in the order of their occurrences.
-- $1 text: the template; $2, $3 timestamptz: from, to.
-- created_at in microseconds, whichever of the types of an instant it has; null where it is none that anybody would write.
-- Index: ux_tasks_recurring_task_id_occurrence_at.
-- Result: cursor text timestamptz timestamptz int8 bool
declare ctl_explained_tasks no scroll cursor for
select k.id::text, k.occurrence_at::timestamptz, k.due_date::timestamptz,
       case when k.created_at >= '0001-01-01' and k.created_at < '10000-01-01'
            then (extract(epoch from k.created_at) * 1000000)::bigint end,
       coalesce(k.is_complete, false)
from {app}.tasks as k
where k.recurring_task_id = $1 and k.occurrence_at between $2 and $3
order by k.occurrence_at
