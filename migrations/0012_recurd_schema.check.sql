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
                                 'policies', 'calendars', 'calendar_days', 'made_today', 'reminders', 'changes', 'backfills',
                                 'calendar_feeds')
                     or relkind in ('i', 'S') and relname ~ '^(pk|uq|ix)_(settings|notifications|decisions|workers|'
                                                             'template_tags|preferences|zones|causes|waiting|repeats|policies|'
                                                             'calendars|calendar_days|made_today|reminders|changes|backfills|'
                                                             'calendar_feeds)')
          union all
          select name from unnest(array[
              'now()', 'template_changed()', 'task_completion_changed()', 'unix_usec(timestamptz)',
              'notification_key(text, text, timestamptz)', 'keys_from()', 'instance_id(text, timestamptz)',
              'upcoming_rows()', 'settings_made()', 'status_row()', 'status_figures()', 'preferences_changed()',
              'held_users(text[])', 'task_repeats()', 'template_audited()', 'policies_audited()', 'zone_mended()', 'template_gone()', 'task_refers()', 'settings_changed()',
              'consumer_changed()', 'audited_value(jsonb)', 'policies_stamped()', 'policies_changed()', 'template_policed()',
              'template_resumed()', 'pause(text, text, timestamptz)', 'resume(text)', 'resume_due(text, boolean)',
              'set_policy(text, text, text)', 'calendars_changed()',
              'remind_at(timestamptz, interval)', 'reminder_id(text, text)', 'reminder_placed()', 'reminder_wake()',
              'task_reminders()', 'reminder_wanted(text)', 'reminder_ahead(text, timestamptz)',
              'remind(text, timestamptz, interval)', 'unremind(text)', 'snooze(text, timestamptz, interval)',
              'rule_but_overrides(jsonb)',
              'zone_instant(timestamp, text)', 'override_instant(text, text)', 'override_key(timestamptz, text)',
              'rule_zone(jsonb, text)', 'template_taken(text)', 'amend(text, timestamptz, text, jsonb, timestamptz)',
              'check_size(text, jsonb, jsonb)', 'skip(text, timestamptz)', 'unskip(text, timestamptz)',
              'postponed(text, jsonb, timestamptz, timestamptz, text, timestamptz, timestamptz)',
              'postpone(text, timestamptz, timestamptz)', 'change(text, timestamptz, text, text, text)',
              'split(text, timestamptz, jsonb)', 'trigger(text)', 'tell_triggered(text)',
              'backfill(text, timestamptz, timestamptz)', 'backfill_wake()', 'decision_wake()',
              'template_limit()', 'upcoming(integer)',
              'api_task_create(text, jsonb, text)', 'api_task_get(text, text)', 'api_task_list(text, jsonb)',
              'api_task_update(text, text, jsonb, text)', 'api_task_complete(text, text, text)',
              'api_task_tags(text, text, jsonb, text)', 'api_task_delete(text, text, text)',
              'api_template_create(text, jsonb, text)', 'api_template_get(text, text)',
              'api_template_list(text, jsonb)', 'api_template_update(text, text, jsonb, text)',
              'api_template_delete(text, text, text)', 'api_template_history(text, text, jsonb)',
              'api_tag_create(text, jsonb, text)', 'api_tag_get(text, text)', 'api_tag_list(text, jsonb)',
              'api_tag_update(text, text, jsonb, text)', 'api_tag_delete(text, text, text)', 'api_settings(text)',
              'api_problem(integer, text, jsonb)', 'api_refused(text, text)', 'api_row(text, jsonb)',
              'api_id(text, text, text)', 'api_width(text, text, integer)', 'api_wrong(jsonb, jsonb)',
              'api_check(jsonb, jsonb, boolean)', 'api_cursor(text, text, text)',
              'api_cursor_read(text, text, text)', 'api_may_create(text, jsonb, text)', 'api_may_tag(text, jsonb)',
              'api_tag(text, text, jsonb)', 'api_task_lock(text, text, text)', 'api_template_lock(text, text, text)',
              'web_now()', 'web_minutes()', 'web_upcoming(integer, timestamptz)',
              'web_templates(text, text, integer, timestamptz, text)', 'web_instances(text, timestamptz, timestamptz)',
              'web_decisions(text, integer, timestamptz, bigint)', 'web_workers()', 'web_act(text, text, text)',
              'web_figures()', 'web_changes(text, bigint)', 'web_turns(text, bigint)', 'web_policies(text)',
              'feed_shown(text, text, text, timestamptz, timestamptz)', 'session_user_id(text)', 'token_keys()', 'api_feed_create(text, jsonb, text)', 'api_feed_list(text, jsonb)',
              'api_feed_revoke(text, text)', 'feed_open(text)', 'feed_tasks(text, timestamptz, timestamptz, integer)',
              'feed_templates(text, timestamptz, integer)']) as name
          where to_regprocedure('recurd.' || name) is not null
          limit 5) as o (name)
    having count(*) > 0;
    if problems is not null then
        raise exception '%', problems;
    end if;
end
$$;
