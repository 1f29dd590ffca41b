-- Caller: job/generate_plan.c, while max_instances_per_user_day is set.
-- What was made today for these users, and how many occurrences were left out; a user for whom nothing was has no row.
-- $1 users (text[])
-- Index: pk_made_today.
-- Result: text int8 int8
select d.user_id, d.made, d.limited
  from recurd.made_today d
 where d.user_id = any ($1::text[]) and d.day = (recurd.now() at time zone 'UTC')::date;
