-- recurctl list: opens the cursor over templates.
-- $1 text: only this user's, null: all; $2 text: only this state, null: all; $3 bigint: rows, null: all.
-- Index: ix_recurring_tasks_user_id_next_due_at with a user; else the table is read once.
-- Result: cursor text text text timestamptz text int8 text text text
declare ctl_rows no scroll cursor for
select t.id::text, t.user_id::text, t.state, t.next_due_at, t.priority::text, t.used_count,
       {rule},
       t.failure, t.title::text
from (select r.*,
             case when r.failed_at is not null then 'quarantined'
                  when r.ended_at is not null then 'ended'
                  when not r.is_active then 'paused'
                  else 'active'
             end as state
      from {app}.recurring_tasks as r) as t
where ($1::text is null or t.user_id = $1)
      and ($2::text is null or t.state = $2)
order by t.next_due_at, t.id
limit $3
