-- Caller: job/batch.c, after BEGIN.
-- $1 statement_timeout   $2 lock_timeout   $3 of idleness   $4 search_path
-- $5 plan_cache_mode   $6 the worker's name, for recurd.decisions
-- What we insert refers to templates that the claim has locked: triggers of migration template_references, which
-- look for them, need not.
-- Returns the business time of the transaction, which version of recurd.settings is in force (null: it has no
-- row), and from which instant on the keys of events begin with time.
-- Result: timestamptz int8 timestamptz {batch settings} text text
select recurd.now(), (select {settings version} from recurd.settings r), recurd.keys_from(), {batch settings},
       pg_catalog.set_config('recurd.templates_locked', 'on', true),
       pg_catalog.set_config('recurd.actor', coalesce('worker ' || $6, ''), true);
