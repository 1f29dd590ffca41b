-- recurctl remind and snooze: whether there is such a task, and whether it is complete.
-- $1 text: its id.
-- Index: the primary key.
-- Result: text bool
select k.id::text, k.is_complete from {app}.tasks as k where k.id = $1
