-- recurctl simulate, while max_instances_per_user_day is set: opens the cursor over templates, those of each user
-- together, each with how many instances its user has had today.
-- $1 text: only this one, null: all.
-- Index: the one of users and next_due_at, or a sort; of one template the primary key; pk_made_today.
-- Result: cursor text text bool text timestamptz int8 {template columns} {user zone} {policy columns}
declare ctl_rows no scroll cursor for
select t.title::text, t.priority::text, t.failed_at is not null, t.failure, p.paused_until,
       (select d.made from recurd.made_today as d
         where d.user_id = t.user_id::text and d.day = (recurd.now() at time zone 'UTC')::date),
       {template columns}, {user zone}, {policy columns}
from {app}.recurring_tasks as t
left join recurd.policies as p on p.template_id = t.id
where $1::text is null or t.id = $1
order by t.user_id, t.next_due_at, t.id
