drop function recurd.backfill(text, timestamptz, timestamptz);
drop trigger recurd_decision_wake on recurd.decisions;
drop function recurd.decision_wake();
drop table recurd.backfills;
drop function recurd.backfill_wake();
