-- recurctl preflight: pending reminders whose time has passed.  A column that is not there yet (before
-- the migration) is taken from "absent": a name is looked for in the inner tables first.
-- $1 timestamptz: now.
-- Index: ix_tasks_pending_remind_at; before the migration ix_tasks_remind_at.
-- Result: int8 timestamptz
select count(*), min(k.remind_at)
from (select null::timestamptz as reminded_at) as absent
cross join lateral (
    select t.remind_at
    from {app}.tasks as t
    where t.remind_at is not null and not t.is_complete
          and (reminded_at is null or t.remind_at > reminded_at)
          and t.remind_at <= $1
) as k
