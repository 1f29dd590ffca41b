-- Caller: job/generate.c, in careful batches.
-- Whose row somebody else has locked, so that a task of theirs would have to wait; never waits itself.
-- $1 users (text[])
-- Index: user_pkey.
-- Result: text
select recurd.held_users($1::text[]);
