-- recurctl retry: all that waits is tried now, and not by probes: causes are due, and forget what was in vain.
-- Index: none, causes are few.
-- Result: none
update recurd.causes
set next_try_at = recurd.now(), tries = 0
