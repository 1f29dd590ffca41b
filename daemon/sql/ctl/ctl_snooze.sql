-- recurctl snooze: nothing of a task until then.
-- $1 text: the task; $2 timestamptz: until then; $3 bigint: or for so many microseconds.
-- Index: the primary key, ix_reminders_task_id.
-- Result: timestamptz
select recurd.snooze($1, until => $2, span => $3 * interval '1 microsecond')
