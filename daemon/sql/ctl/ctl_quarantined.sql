-- recurctl status --check: how many templates are in quarantine, where more may be than recurd.status counts to.
-- $1 bigint: counts no further.
-- Index: ix_recurring_tasks_quarantined.
-- Result: int8
select count(*)
from (select from {app}.recurring_tasks as t
      where t.failed_at is not null
      order by t.next_due_at
      limit $1) as x
