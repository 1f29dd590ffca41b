-- Names what the up file, or one after it, would fail over; silent when nothing is in its way.
do $$
declare
    problems text;
begin
    select format('schema recurd is there and is not recurd''s: it has %s; rename or drop that',
                  string_agg(name, ', ' order by name)) into problems
    from (select relname || case when relkind in ('i', 'S') then '' else ' (a table or view)' end
          from pg_class
          where relnamespace = to_regnamespace('recurd')
                and (relname in ('settings', 'notifications', 'decisions', 'workers', 'template_tags', 'preferences',
                                 'zones', 'upcoming', 'status', 'worker_states', 'causes', 'waiting', 'waits', 'repeats')
                     or relkind in ('i', 'S') and relname ~ '^(pk|uq|ix)_(settings|notifications|decisions|workers|'
                                                             'template_tags|preferences|zones|causes|waiting|repeats)')
          union all
          select name from unnest(array[
              'now()', 'template_changed()', 'task_completion_changed()', 'unix_usec(timestamptz)',
              'notification_key(text, text, timestamptz)', 'keys_from()', 'instance_id(text, timestamptz)',
              'upcoming_rows()', 'settings_made()', 'status_row()', 'status_figures()', 'preferences_changed()',
              'held_users(text[])', 'task_repeats()', 'template_gone()', 'task_refers()', 'settings_changed()', 'rule_but_overrides(jsonb)',
              'zone_instant(timestamp, text)', 'override_instant(text, text)', 'override_key(timestamptz, text)',
              'rule_zone(jsonb, text)', 'template_taken(text)', 'amend(text, timestamptz, text, jsonb, timestamptz)',
              'check_size(text, jsonb, jsonb)', 'skip(text, timestamptz)', 'unskip(text, timestamptz)',
              'postponed(text, jsonb, timestamptz, timestamptz, text, timestamptz, timestamptz)',
              'postpone(text, timestamptz, timestamptz)', 'change(text, timestamptz, text, text, text)',
              'split(text, timestamptz, jsonb)', 'trigger(text)', 'tell_triggered(text)',
              'consumer_changed()']) as name
          where to_regprocedure('recurd.' || name) is not null
          limit 5) as o (name)
    having count(*) > 0;
    if problems is not null then
        raise exception '%', problems;
    end if;
end
$$;
