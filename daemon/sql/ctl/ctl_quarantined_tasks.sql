-- recurctl status: how many completed tasks do not come back, because their rules do not work.
-- $1 bigint: counts no further.
-- Index: ix_repeats_failed_at.
-- Result: int8
select count(*)
from (select from recurd.repeats as r
      where r.failed_at is not null
      order by r.failed_at
      limit $1) as x
