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
                                 'zones', 'upcoming', 'status', 'worker_states', 'causes', 'waiting', 'waits', 'repeats',
                                 'policies', 'changes')
                     or relkind in ('i', 'S') and relname ~ '^(pk|uq|ix)_(settings|notifications|decisions|workers|'
                                                             'template_tags|preferences|zones|causes|waiting|repeats|policies|changes)')
          union all
          select name from unnest(array[
              'now()', 'template_changed()', 'task_completion_changed()', 'unix_usec(timestamptz)',
              'notification_key(text, text, timestamptz)', 'keys_from()', 'instance_id(text, timestamptz)',
              'upcoming_rows()', 'settings_made()', 'status_row()', 'status_figures()', 'preferences_changed()',
              'held_users(text[])', 'task_repeats()', 'template_audited()', 'zone_mended()', 'template_gone()', 'task_refers()', 'settings_changed()',
              'consumer_changed()', 'audited_value(jsonb)', 'policies_stamped()', 'policies_changed()', 'template_policed()',
              'template_resumed()', 'pause(text, text, timestamptz)', 'resume(text)',
              'set_policy(text, text, text)']) as name
          where to_regprocedure('recurd.' || name) is not null
          limit 5) as o (name)
    having count(*) > 0;
    if problems is not null then
        raise exception '%', problems;
    end if;
end
$$;
