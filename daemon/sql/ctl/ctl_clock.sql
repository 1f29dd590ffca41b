-- recurctl status, first: with a clock that an administrator has broken nothing else makes sense.
-- Result: timestamptz
select recurd.now();
