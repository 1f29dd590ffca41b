-- Who may call recurd's functions, where everybody may not: a database whose default privileges keep new
-- functions from PUBLIC (alter default privileges revoke execute on functions from public), or where it was
-- taken afterwards.

-- Defaults of columns call it, whoever inserts.
grant execute on function recurd.now() to public;

grant execute on function recurd.unix_usec(timestamptz), recurd.notification_key(text, text, timestamptz),
    recurd.instance_id(text, timestamptz), recurd.upcoming_rows(), recurd.status_row(), recurd.status_figures(), recurd.rule_but_zone(jsonb)
    to recurd_worker, recurd_reader;
