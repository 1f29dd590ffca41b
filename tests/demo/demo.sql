-- What the demo's application has in its database: two recurring tasks that are due every few seconds,
-- two that show what comes later, and three tasks with reminders.
insert into "user" (id, email, name, "emailVerified", "createdAt", "updatedAt")
values ('ada', 'ada@example.org', 'Ada', true, now(), now());

insert into recurring_tasks (id, user_id, title, priority, recurrence_rule, next_due_at)
values
    ('stretch', 'ada', 'Stand up and stretch', 'low',
     '{"rrule": "FREQ=SECONDLY;INTERVAL=3"}', date_trunc('second', now()) + interval '3 s'),
    ('plants', 'ada', 'Water the plants', 'medium',
     '{"rrule": "FREQ=SECONDLY;INTERVAL=5"}', date_trunc('second', now()) + interval '4 s'),
    ('bins', 'ada', 'Bins out', 'high',
     '{"frequency": "weekly", "days": ["mon", "thu"], "timeZone": "Europe/Berlin"}',
     date_trunc('hour', now()) + interval '2 days'),
    ('rent', 'ada', 'Pay the rent', 'urgent',
     '{"frequency": "monthly", "count": 12}', date_trunc('month', now()) + interval '1 month 9 hours');

insert into tasks (id, user_id, title, is_complete, created_at, updated_at, remind_at)
values
    ('call', 'ada', 'Call Grace', false, now() at time zone 'UTC', now() at time zone 'UTC',
     date_trunc('second', now()) + interval '5 s'),
    ('milk', 'ada', 'Buy milk', false, now() at time zone 'UTC', now() at time zone 'UTC',
     date_trunc('second', now()) + interval '8 s'),
    ('book', 'ada', 'Return the book', false, now() at time zone 'UTC', now() at time zone 'UTC',
     date_trunc('second', now()) + interval '11 s');
