-- Caller: job/backfill.c.
-- The request that has waited longest (recurd.backfills), its template, and what its policies say.  Both are locked:
-- NO KEY UPDATE, so that an application may still insert rows that refer to the template.
-- Behind the template: the request, its span (up to now, however long it was asked for), how far it came, and what was made.
-- Index: ix_backfills_pending, pk_recurring_tasks, pk_policies, pk_preferences.
-- Result: {template columns} {user zone} {policy columns} timestamptz text text text timestamptz timestamptz timestamptz int8
select {template columns}, {user zone} as time_zone, {policy columns}, t.failed_at, t.failure::text,
       b.id, b.asked_by, b.asked_from, least(b.asked_to, recurd.now()), b.through, b.made::bigint
  from recurd.backfills b
  join {app}.recurring_tasks t on t.id = b.template_id
  left join recurd.policies p on p.template_id = t.id
 where b.finished_at is null and b.next_at <= recurd.now()
 order by b.next_at
 limit 1
   for no key update of b, t skip locked;
