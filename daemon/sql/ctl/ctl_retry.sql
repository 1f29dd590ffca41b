-- recurctl retry: takes templates out of quarantine; what was due meanwhile is caught up.
-- $1 text: the template, null: all that failed.
-- Index: the primary key with an id, else the table is read once.
-- Result: text timestamptz text text text
with retried as (
    update {app}.recurring_tasks as t
    set failed_at = null, failure = null
    from (select r.id, r.failure
          from {app}.recurring_tasks as r
          where r.failed_at is not null and ($1::text is null or r.id = $1)
          for no key update) as failed
    where t.id = failed.id
    returning t.id, t.title, t.next_due_at, failed.failure
), noted as (
    insert into recurd.decisions (kind, template_id, detail)
    select 'retried', r.id, r.failure from retried as r
)
select r.id::text, r.next_due_at, r.failure, null::text, r.title::text
from retried as r
order by r.next_due_at, r.id
