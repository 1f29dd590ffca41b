revoke execute on function recurd.unix_usec(timestamptz), recurd.notification_key(text, text, timestamptz),
    recurd.instance_id(text, timestamptz), recurd.upcoming_rows(), recurd.status_row(), recurd.status_figures(), recurd.rule_but_zone(jsonb)
    from recurd_worker, recurd_reader;
