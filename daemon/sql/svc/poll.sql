-- Caller: svc/scheduler.c, between batches and every poll_interval.
-- What is due, and when the next thing will be: business time, then for reminders and templates the
-- oldest that is due and the next that will be, then the oldest edit of a rule; last, what all this
-- cost the server in microseconds.
-- $1 look for due reminders from here on, $2 for due templates (svc/lowwater.h); never for reminders
-- from before live_since, which are not ours to tell
-- Behind flight_limits: it reads two tables, and without a limit for locks an application that wants both
-- would be the victim of a deadlock.
-- Indexes: ix_tasks_pending_remind_at, ix_recurring_tasks_due, ix_recurring_tasks_replan.
-- Result: timestamptz timestamptz timestamptz timestamptz timestamptz timestamptz int8
select recurd.now(),
       (select k.remind_at from {app}.tasks k
         where k.remind_at is not null and not k.is_complete
           and (k.reminded_at is null or k.remind_at > k.reminded_at)
           and k.remind_at >= $1 and k.remind_at <= recurd.now()
         order by k.remind_at limit 1),
       (select k.remind_at from {app}.tasks k
         where k.remind_at is not null and not k.is_complete
           and (k.reminded_at is null or k.remind_at > k.reminded_at)
           and k.remind_at > recurd.now()
         order by k.remind_at limit 1),
       (select t.next_due_at from {app}.recurring_tasks t
         where t.is_active and t.failed_at is null
           and t.next_due_at >= $2 and t.next_due_at <= recurd.now()
         order by t.next_due_at limit 1),
       (select t.next_due_at from {app}.recurring_tasks t
         where t.is_active and t.failed_at is null and t.next_due_at > recurd.now()
         order by t.next_due_at limit 1),
       (select t.replan_at from {app}.recurring_tasks t
         where t.replan_at is not null and t.failed_at is null
           and (t.is_active or t.ended_at is not null)
         order by t.replan_at limit 1),
       (extract(epoch from pg_catalog.clock_timestamp() - pg_catalog.statement_timestamp())
            * 1000000)::bigint;
