-- recurctl retry: takes completed tasks that do not come back out of quarantine.
-- $1 text: the task, null: all of them.
-- Index: pk_repeats with an id, else ix_repeats_failed_at.
-- Result: text timestamptz text text text
with retried as (
    update recurd.repeats as r
    set failed_at = null, failure = null
    from (select f.task_id, f.failure
          from recurd.repeats as f
          where f.failed_at is not null and ($1::text is null or f.task_id = $1)
          for no key update) as failed
    where r.task_id = failed.task_id
    returning r.task_id, r.completed_at, failed.failure
), noted as (
    insert into recurd.decisions (kind, task_id, detail)
    select 'retried', r.task_id, r.failure from retried as r
)
select r.task_id, r.completed_at, r.failure, null::text,
       (select k.title::text from {app}.tasks as k where k.id = r.task_id)
from retried as r
order by r.completed_at, r.task_id
