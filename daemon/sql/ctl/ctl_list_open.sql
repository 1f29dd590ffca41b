-- recurctl list: opens the cursor over templates.
-- $1 text: only this user's, null: all; $2 text: only this state, null: all; $3 bigint: rows, null: all.
-- What waits and was not edited since is waiting, whatever else it is, unless it is in quarantine.
-- Each template is in one of the first four, each with an index in the order of the list, and a limit.
-- Tasks that were completed and do not come back are listed with the templates that are in quarantine.
-- All of one user are one of their own, in the order of his index.
-- Those that wait come from recurd.waiting, in the order of their ids where there are too many.
-- Index: ix_recurring_tasks_quarantined, ix_recurring_tasks_due, ix_recurring_tasks_paused, ix_recurring_tasks_ended,
-- pk_waiting, ix_repeats_failed_at, the primary key of tasks; with a user ix_recurring_tasks_user_id_next_due_at.
-- Result: cursor text text text text timestamptz text int8 text text text text text
declare ctl_rows no scroll cursor for
select t.kind, t.id::text, t.user_id::text, t.state, t.next_due_at, t.priority::text, t.used_count,
       {rule},
       t.failure, t.cause, t.reason, t.title::text
from ((select 'template' as kind, r.id, r.user_id, r.next_due_at, r.priority, r.used_count, r.recurrence_rule, r.failure, r.title,
              'quarantined' as state, null::text as cause, null::text as reason
       from {app}.recurring_tasks as r
       where r.failed_at is not null
             and ($1::text is null or r.user_id = $1) and ($1::text is null and $2::text is null or $2 = 'quarantined')
       order by r.next_due_at
       limit $3)
      union all
      (select 'template' as kind, r.id, r.user_id, r.next_due_at, r.priority, r.used_count, r.recurrence_rule, r.failure, r.title,
              case when w.cause is not null then 'waiting' else 'active' end, w.cause, w.reason
       from {app}.recurring_tasks as r
       left join lateral (select w.cause, w.reason
                          from recurd.waiting as w
                          where w.kind in ('generate', 'policed', 'replan') and w.id = r.id and w.place = r.ctid
                          order by w.kind
                          limit 1) as w on true
       where r.is_active and r.failed_at is null and r.ended_at is null
             and ($1::text is null or r.user_id = $1) and ($1::text is null and $2::text is null or $2 = 'active' and w.cause is null)
       order by r.next_due_at
       limit $3)
      union all
      (select 'template' as kind, r.id, r.user_id, r.next_due_at, r.priority, r.used_count, r.recurrence_rule, r.failure, r.title,
              case when w.cause is not null then 'waiting' else 'paused' end, w.cause, w.reason
       from {app}.recurring_tasks as r
       left join lateral (select w.cause, w.reason
                          from recurd.waiting as w
                          where w.kind in ('generate', 'policed', 'replan') and w.id = r.id and w.place = r.ctid
                          order by w.kind
                          limit 1) as w on true
       where r.is_active is not true and r.ended_at is null and r.failed_at is null
             and ($1::text is null or r.user_id = $1) and ($1::text is null and $2::text is null or $2 = 'paused' and w.cause is null)
       order by r.next_due_at
       limit $3)
      union all
      (select 'template' as kind, r.id, r.user_id, r.next_due_at, r.priority, r.used_count, r.recurrence_rule, r.failure, r.title,
              case when w.cause is not null then 'waiting' else 'ended' end, w.cause, w.reason
       from {app}.recurring_tasks as r
       left join lateral (select w.cause, w.reason
                          from recurd.waiting as w
                          where w.kind in ('generate', 'policed', 'replan') and w.id = r.id and w.place = r.ctid
                          order by w.kind
                          limit 1) as w on true
       where r.ended_at is not null and r.failed_at is null
             and ($1::text is null or r.user_id = $1) and ($1::text is null and $2::text is null or $2 = 'ended' and w.cause is null)
       order by r.next_due_at
       limit $3)
      union all
      (select 'template' as kind, r.id, r.user_id, r.next_due_at, r.priority, r.used_count, r.recurrence_rule, r.failure, r.title,
              case when r.failed_at is not null then 'quarantined'
                   when w.cause is not null then 'waiting'
                   when r.ended_at is not null then 'ended'
                   when r.is_active is not true then 'paused'
                   else 'active' end,
              case when r.failed_at is null then w.cause end, case when r.failed_at is null then w.reason end
       from {app}.recurring_tasks as r
       left join lateral (select w.cause, w.reason
                          from recurd.waiting as w
                          where w.kind in ('generate', 'policed', 'replan') and w.id = r.id and w.place = r.ctid
                          order by w.kind
                          limit 1) as w on true
       where r.user_id = $1 and $2::text is null
       order by r.next_due_at
       limit $3)
      union all
      (select 'template' as kind, r.id, r.user_id, r.next_due_at, r.priority, r.used_count, r.recurrence_rule, r.failure, r.title,
              'waiting', w.cause, w.reason
       from recurd.waiting as w
       join {app}.recurring_tasks as r on r.ctid = w.place and r.id = w.id
       where $2::text = 'waiting' and w.kind = 'generate' and r.failed_at is null
             and ($1::text is null or r.user_id = $1)
       order by w.kind, w.id
       limit $3)
      union all
      (select 'template' as kind, r.id, r.user_id, r.next_due_at, r.priority, r.used_count, r.recurrence_rule, r.failure, r.title,
              'waiting', w.cause, w.reason
       from recurd.waiting as w
       join {app}.recurring_tasks as r on r.ctid = w.place and r.id = w.id
       where $2::text = 'waiting' and w.kind = 'policed' and r.failed_at is null
             and ($1::text is null or r.user_id = $1)
       order by w.kind, w.id
       limit $3)
      union all
      (select 'template' as kind, r.id, r.user_id, r.next_due_at, r.priority, r.used_count, r.recurrence_rule, r.failure, r.title,
              'waiting', w.cause, w.reason
       from recurd.waiting as w
       join {app}.recurring_tasks as r on r.ctid = w.place and r.id = w.id
       where $2::text = 'waiting' and w.kind = 'replan' and r.failed_at is null
             and ($1::text is null or r.user_id = $1)
             and not exists (select from recurd.waiting as g
                             where g.kind in ('generate', 'policed') and g.id = w.id and g.place = w.place)
       order by w.kind, w.id
       limit $3)
      union all
      (select 'task', k.id, k.user_id, k.due_date, k.priority, null, k.recurrence_rule, f.failure, k.title,
              'quarantined', null, null
       from recurd.repeats as f
       join {app}.tasks as k on k.id = f.task_id
       where f.failed_at is not null and $2::text = 'quarantined' and ($1::text is null or k.user_id = $1)
       order by f.failed_at
       limit $3)) as t
order by t.next_due_at, t.id
limit $3
