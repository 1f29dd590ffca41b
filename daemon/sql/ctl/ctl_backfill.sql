-- recurctl backfill.
-- $1 text: the template; $2, $3 timestamptz: from, to, both inclusive.
-- Index: pk_recurring_tasks, ix_backfills_template_id.
-- Result: text
select recurd.backfill($1::text, $2::timestamptz, $3::timestamptz)
