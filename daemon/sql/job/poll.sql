-- Caller: job/poll.c, every poll_interval, and after a batch, but a full one of a backlog (svc/agenda.h).
-- What is due, and when the next thing will be: a row for each kind of work that is found this way, with
-- the oldest that is due and the next that will be; what waits (recurd.waiting) is not due by itself, but
-- has its next try as a kind of its own.  The row "settings" has the version of recurd.settings in its last
-- column.  The last row is the clock: business time, and what all this cost the server in microseconds.
-- $1 look for due reminders from here on, $2 for due templates, $3 for due rows of recurd.reminders (svc/lowwater.h);
-- never for tasks.remind_at from before live_since, which are not ours to tell
-- A kind that retries has in the last column how many causes are no locks, and something waits for them.  A
-- next try that is farther off than any pause was written under a clock that was wrong.
-- One lookup a cause, and no EXISTS: PostgreSQL 18 would rather hash all that waits than look into its index.
-- As long as nothing of a kind waits its rows are not looked at, only its index.
-- Behind flight_limits: it reads several tables, and without a limit for locks an application that wants
-- two of them would be the victim of a deadlock.
-- Indexes: ix_tasks_pending_remind_at, ix_recurring_tasks_due, ix_recurring_tasks_wake, ix_recurring_tasks_replan,
-- ix_repeats_completed_at, ix_reminders_pending, ix_policies_paused_until, ix_backfills_pending,
-- pk_waiting.
-- Result: text timestamptz timestamptz int8
select 'remind',
       case when exists (select from recurd.waiting w where w.kind = 'remind')
            then (select k.remind_at from {app}.tasks k
                   where k.remind_at is not null and not k.is_complete
                     and (k.reminded_at is null or k.remind_at > k.reminded_at)
                     and k.remind_at >= $1 and k.remind_at <= recurd.now()
                     and (select true from recurd.waiting w
                           where w.kind = 'remind' and w.id = k.id and w.place = k.ctid) is null
                   order by k.remind_at limit 1)
            else (select k.remind_at from {app}.tasks k
                   where k.remind_at is not null and not k.is_complete
                     and (k.reminded_at is null or k.remind_at > k.reminded_at)
                     and k.remind_at >= $1 and k.remind_at <= recurd.now()
                   order by k.remind_at limit 1)
       end,
       (select k.remind_at from {app}.tasks k
         where k.remind_at is not null and not k.is_complete
           and (k.reminded_at is null or k.remind_at > k.reminded_at)
           and k.remind_at > recurd.now()
         order by k.remind_at limit 1),
       null::bigint
union all
select 'reminders',
       case when exists (select from recurd.waiting w where w.kind = 'reminders')
            then (select r.remind_at from recurd.reminders r
                   where r.remind_at is not null and (r.reminded_at is null or r.remind_at > r.reminded_at)
                     and r.remind_at >= $3 and r.remind_at <= recurd.now()
                     and (select true from recurd.waiting w
                           where w.kind = 'reminders' and w.id = r.id and w.place = r.ctid) is null
                   order by r.remind_at limit 1)
            else (select r.remind_at from recurd.reminders r
                   where r.remind_at is not null and (r.reminded_at is null or r.remind_at > r.reminded_at)
                     and r.remind_at >= $3 and r.remind_at <= recurd.now()
                   order by r.remind_at limit 1)
       end,
       (select r.remind_at from recurd.reminders r
         where r.remind_at is not null and (r.reminded_at is null or r.remind_at > r.reminded_at)
           and r.remind_at > recurd.now()
         order by r.remind_at limit 1),
       null::bigint
union all
select 'generate',
       case when exists (select from recurd.waiting w where w.kind = 'generate')
            then (select t.next_due_at from {app}.recurring_tasks t
                   where t.is_active and t.failed_at is null and t.wake_at is null
                     and t.next_due_at >= $2 and t.next_due_at <= recurd.now()
                     and (select true from recurd.waiting w
                           where w.kind = 'generate' and w.id = t.id and w.place = t.ctid) is null
                   order by t.next_due_at limit 1)
            else (select t.next_due_at from {app}.recurring_tasks t
                   where t.is_active and t.failed_at is null and t.wake_at is null
                     and t.next_due_at >= $2 and t.next_due_at <= recurd.now()
                   order by t.next_due_at limit 1)
       end,
       (select t.next_due_at from {app}.recurring_tasks t
         where t.is_active and t.failed_at is null and t.wake_at is null and t.next_due_at > recurd.now()
         order by t.next_due_at limit 1),
       null::bigint
union all
select 'policed',
       case when exists (select from recurd.waiting w where w.kind = 'policed')
            then (select t.wake_at from {app}.recurring_tasks t
                   where t.is_active and t.failed_at is null and t.wake_at is not null
                     and t.wake_at <= recurd.now()
                     and (select true from recurd.waiting w
                           where w.kind = 'policed' and w.id = t.id and w.place = t.ctid) is null
                   order by t.wake_at limit 1)
            else (select t.wake_at from {app}.recurring_tasks t
                   where t.is_active and t.failed_at is null and t.wake_at is not null
                     and t.wake_at <= recurd.now()
                   order by t.wake_at limit 1)
       end,
       (select t.wake_at from {app}.recurring_tasks t
         where t.is_active and t.failed_at is null and t.wake_at is not null and t.wake_at > recurd.now()
         order by t.wake_at limit 1),
       null::bigint
union all
select 'resume',
       (select p.paused_until from recurd.policies p
         where p.paused_until is not null and p.paused_until <= recurd.now()
         order by p.paused_until limit 1),
       (select p.paused_until from recurd.policies p
         where p.paused_until is not null and p.paused_until > recurd.now()
         order by p.paused_until limit 1),
       null::bigint
union all
select 'backfill',
       (select b.next_at from recurd.backfills b
         where b.finished_at is null and b.next_at <= recurd.now() order by b.next_at limit 1),
       (select b.next_at from recurd.backfills b
         where b.finished_at is null and b.next_at > recurd.now() order by b.next_at limit 1),
       null::bigint
union all
select 'replan',
       (select t.replan_at from {app}.recurring_tasks t
         where t.replan_at is not null and t.failed_at is null
           and (t.is_active or t.ended_at is not null)
           and (select true from recurd.waiting w
                 where w.kind = 'replan' and w.id = t.id and w.place = t.ctid) is null
         order by t.replan_at limit 1),
       null::timestamptz, null::bigint
union all
select 'repeat',
       (select r.completed_at from recurd.repeats r
         where r.completed_at is not null and r.failed_at is null
           and (select true from recurd.waiting w
                 where w.kind = 'repeat' and w.id = r.task_id and w.place = r.ctid) is null
         order by r.completed_at limit 1),
       null::timestamptz, null::bigint
union all
select 'retry ' || c.kind,
       case when min(c.at) <= recurd.now() then min(c.at) end,
       case when min(c.at) > recurd.now() then min(c.at) end,
       count(*) filter (where c.why <> 'held' and (select true from recurd.waiting w
                                                    where w.cause = c.cause and w.kind = c.kind limit 1))
  from (select kind, cause, why,
               case when next_try_at > recurd.now() + interval '15 minutes' then recurd.now() else next_try_at end as at
          from recurd.causes) c
 group by c.kind
union all
select 'settings', null::timestamptz, null::timestamptz, (select {settings version} from recurd.settings r)
union all
select 'clock', recurd.now(), null::timestamptz,
       (extract(epoch from pg_catalog.clock_timestamp() - pg_catalog.statement_timestamp())
            * 1000000)::bigint;
