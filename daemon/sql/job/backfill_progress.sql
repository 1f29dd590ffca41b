-- Caller: job/backfill.c, in the transaction that made what it tells of.
-- $1 the request   $2 up to there all was looked at, null: as before   $3 tasks made   $4 instances met
-- $5 occurrences left out   $6 how it ended, null: it goes on   $7 why, or what it waits for
-- $8 looked at again after so many microseconds
-- Who has not ended goes behind all others.
-- Index: pk_backfills.
-- Result: bool
update recurd.backfills b
   set through = coalesce($2::timestamptz, b.through), made = b.made + $3::bigint, present = b.present + $4::bigint,
       left_out = b.left_out + $5::bigint, outcome = $6::text, detail = coalesce($7::text, b.detail),
       finished_at = case when $6::text is not null then recurd.now() end,
       next_at = recurd.now() + $8::bigint * interval '1 microsecond'
 where b.id = $1::text
returning true;
