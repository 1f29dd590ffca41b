-- recurctl settings set, reset: one setting, to a value or (null) to the default.
-- $1 its name   $2 the value as text, but not of a span of time   $3 that in microseconds
-- Index: none, one row.
-- Result: int4
update recurd.settings
   set default_time_zone = case when $1 = 'default_time_zone' then $2::text else default_time_zone end,
       min_interval = case when $1 = 'min_interval' then pg_catalog.justify_hours($3::bigint * interval '1 microsecond')
                           else min_interval end,
       catch_up_limit = case when $1 = 'catch_up_limit' then $2::integer else catch_up_limit end,
       default_catch_up = case when $1 = 'default_catch_up' then $2 else default_catch_up end,
       default_catch_up_window = case when $1 = 'default_catch_up_window'
                                      then pg_catalog.justify_hours($3::bigint * interval '1 microsecond')
                                      else default_catch_up_window end,
       catch_up_grace = case when $1 = 'catch_up_grace' then pg_catalog.justify_hours($3::bigint * interval '1 microsecond')
                             else catch_up_grace end,
       adopt_backlog = case when $1 = 'adopt_backlog' then $2 else adopt_backlog end,
       notify_task_created = case when $1 = 'notify_task_created' then $2::boolean else notify_task_created end,
       max_templates_per_user = case when $1 = 'max_templates_per_user' then $2::integer else max_templates_per_user end,
       max_instances_per_user_day = case when $1 = 'max_instances_per_user_day' then $2::integer
                                         else max_instances_per_user_day end,
       repeat_tasks = case when $1 = 'repeat_tasks' then $2::boolean else repeat_tasks end,
       notification_retention = case when $1 = 'notification_retention'
                                     then pg_catalog.justify_hours($3::bigint * interval '1 microsecond')
                                     else notification_retention end,
       audit = case when $1 = 'audit' then $2::boolean else audit end,
       audit_retention = case when $1 = 'audit_retention'
                              then pg_catalog.justify_hours($3::bigint * interval '1 microsecond')
                              else audit_retention end
returning 1
