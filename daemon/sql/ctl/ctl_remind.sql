-- recurctl remind: a reminder more of a task.
-- $1 text: the task; $2 timestamptz: when; $3 bigint: or so many microseconds before it is due.
-- Index: the primary key.
-- Result: text
select recurd.remind($1, at => $2, before => $3 * interval '1 microsecond')
