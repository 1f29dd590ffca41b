-- Caller: job/resume.c.
-- Pauses that were to end by now (recurd.policies.paused_until): their templates are active again.  The templates are
-- locked first, as by everybody who pauses; and what is said of the pause is read under a lock, too, or one that
-- somebody prolongs at this moment would end as it was before.  One by one, so that a template which a trigger of the
-- application's refuses is in nobody's way; and of those that wait half are the newest, whose time it is, half are
-- drawn from the others: whatever number of them is refused again and again, each other has its turn.
-- $1 at most so many
-- The last two columns: SQLSTATE and message of what refused it, null: it is done.
-- Index: ix_policies_paused_until, pk_recurring_tasks.
-- Result: text text timestamptz text bool text text
with chosen as materialized (
    (select c.template_id from recurd.policies c
      where c.paused_until is not null and c.paused_until <= recurd.now()
      order by c.paused_until desc limit $1 / 2)
    union all
    (select o.template_id
       from (select c.template_id from recurd.policies c
              where c.paused_until is not null and c.paused_until <= recurd.now()
              order by c.paused_until desc offset $1 / 2) o
      order by pg_catalog.random() limit $1 - $1 / 2)
), due as materialized (
    select t.id::text as id, t.user_id::text as user_id, p.paused_until, p.pause_reason,
           t.is_active is not true and t.ended_at is null as resumes
      from chosen join recurd.policies p on p.template_id = chosen.template_id
                  join {app}.recurring_tasks t on t.id = p.template_id
     where p.paused_until is not null and p.paused_until <= recurd.now()
       for no key update of t, p skip locked
), done as materialized (
    select due.*, recurd.resume_due(due.id, due.resumes) as refused from due
)
select done.id, done.user_id, done.paused_until, done.pause_reason, done.resumes, done.refused[1], done.refused[2]
  from done;
