-- recurctl pause.
-- $1 text: id of the template; $2 text: the reason, or null; $3 timestamptz: until then, or null; $4 bigint: until so
-- many microseconds from now, or null.
-- Index: pk_recurring_tasks, pk_policies.
-- Result: any
select recurd.pause($1, $2, coalesce($3::timestamptz, recurd.now() + $4::bigint * interval '1 microsecond'))
