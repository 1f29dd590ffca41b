-- Caller: job/generator.c, when fewer instances were made than planned.
-- Mostly they were there before, after a fail-over say.  What is not there now was refused without an
-- error: ON CONFLICT DO NOTHING heeds unique indexes of the application's, too, and a trigger of theirs
-- may drop a row, and the id may be another occurrence's.  One that lost its template, which was deleted
-- and came back under its id, is there.
-- $1 template ids   $2 occurrences   $3 task ids: as for generate_write
-- Returns a row if any is missing.
-- Index: tasks_pkey, ux_tasks_recurring_task_id_occurrence_at.
-- Result: text
select o.template
  from unnest($1::text[], $2::timestamptz[], $3::text[]) as o (template, occurrence, task_id)
 where not exists (select from {app}.tasks k
                   where k.id = o.task_id and k.recurring_task_id is null)
   and not exists (select from {app}.tasks k
                   where k.recurring_task_id = o.template and k.occurrence_at = o.occurrence)
 limit 1;
