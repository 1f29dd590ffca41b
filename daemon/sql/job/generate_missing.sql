-- Caller: job/generate.c, when less was written than planned.
-- Mostly it was there before, after a fail-over say.  What is not there now was dropped without an error:
-- by a trigger, a rule or a policy of the application's.  A task that lost its template, which was deleted
-- and came back under its id, is there.
-- $1 template ids   $2 occurrences   $3 task ids: as for generate_write   $4 whether to tell of them
-- $5 ids of the tasks that were made
-- Returns a row if anything is missing: what.
-- Index: ux_tasks_recurring_task_id_occurrence_at, tasks_pkey, uq_notifications_key.
select case when k.id is null then 'task'
            when $4::boolean and n.key is null then 'notification'
            else 'tag' end
  from unnest($1::text[], $2::timestamptz[], $3::text[]) as o (template, occurrence, task_id)
  left join {app}.tasks k on k.recurring_task_id = o.template and k.occurrence_at = o.occurrence
  left join recurd.notifications n on n.key = recurd.notification_key('task_created', o.task_id, o.occurrence)
 where k.id is null and not exists (select from {app}.tasks x
                                     where x.id = o.task_id and x.recurring_task_id is null)
    or k.id = any ($5::text[])
       and ($4::boolean and n.key is null
            or exists (select from recurd.template_tags g where g.recurring_task_id = o.template
                          and not exists (select from {app}.task_tags x
                                           where x.task_id = k.id and x.tag_id = g.tag_id)))
 limit 1;
