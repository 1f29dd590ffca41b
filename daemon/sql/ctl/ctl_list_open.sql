-- recurctl list: opens the cursor over templates.
-- $1 text: only this user's, null: all; $2 text: only this state, null: all; $3 bigint: rows, null: all.
-- What waits and was not edited since is waiting, whatever else it is, unless it is in quarantine.
-- Index: pk_waiting, ix_recurring_tasks_user_id_next_due_at with a user; else the table is read once.
-- Result: cursor text text text timestamptz text int8 text text text text text
declare ctl_rows no scroll cursor for
select t.id::text, t.user_id::text, t.state, t.next_due_at, t.priority::text, t.used_count,
       {rule},
       t.failure, t.cause, t.reason, t.title::text
from (select r.*, w.cause, w.reason,
             case when r.failed_at is not null then 'quarantined'
                  when w.cause is not null then 'waiting'
                  when r.ended_at is not null then 'ended'
                  when not r.is_active then 'paused'
                  else 'active'
             end as state
      from {app}.recurring_tasks as r
      left join lateral (select w.cause, w.reason
                         from recurd.waiting as w
                         where w.kind in ('generate', 'replan') and w.id = r.id and w.place = r.ctid
                         order by w.kind
                         limit 1) as w on true) as t
where ($1::text is null or t.user_id = $1)
      and ($2::text is null or t.state = $2)
order by t.next_due_at, t.id
limit $3
