-- recurctl retry ID: ends the waiting of a template or task, so that it is tried with the next batch.
-- $1 text: its id.
-- Index: pk_waiting.
-- Result: text timestamptz text text text
delete from recurd.waiting as w
where w.kind in ('generate', 'policed', 'replan', 'remind', 'settle', 'repeat') and w.id = $1
returning w.id, case when w.kind <> 'replan' then w.at end, w.reason, w.kind, null::text
