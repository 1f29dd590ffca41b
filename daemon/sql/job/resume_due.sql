-- Caller: job/resume.c.
-- Pauses that were to end by now (recurd.policies.paused_until): their templates are active again.  The templates are
-- locked first, as by everybody who pauses; a trigger clears what was said of the pause, here it is for those that
-- are active, or have ended, already.
-- $1 at most so many
-- Index: ix_policies_paused_until, pk_recurring_tasks, pk_policies.
-- Result: text text timestamptz text bool
with due as materialized (
    select t.id, t.user_id::text as user_id, p.paused_until, p.pause_reason,
           t.is_active is not true and t.ended_at is null as resumes
      from recurd.policies p join {app}.recurring_tasks t on t.id = p.template_id
     where p.paused_until is not null and p.paused_until <= recurd.now()
     order by p.paused_until
     limit $1
       for no key update of t skip locked
), resumed as (
    update {app}.recurring_tasks t set is_active = true
      from due where due.resumes and t.id = due.id
), cleared as (
    update recurd.policies p set pause_reason = null, paused_by = null, paused_until = null
      from due where not due.resumes and p.template_id = due.id
)
select due.id::text, due.user_id, due.paused_until, due.pause_reason, due.resumes from due;
