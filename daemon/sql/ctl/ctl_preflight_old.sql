-- recurctl preflight: how many rows of recurd.notifications are older than they are kept.
-- $1 bigint: retention in microseconds   $2 bigint: counted up to so many.
-- Index: ix_notifications_created_at.
-- Result: int8
select count(*)
from (select from recurd.notifications as n
      where n.created_at < recurd.now() - $1::bigint * interval '1 microsecond'
      limit $2) as x
