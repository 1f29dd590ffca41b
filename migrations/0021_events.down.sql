drop function recurd.instance_id(text, timestamptz);
drop function recurd.notification_key(text, text, timestamptz);
drop function recurd.unix_usec(timestamptz);
drop table recurd.template_tags;
drop table recurd.workers;
drop table recurd.decisions;
drop table recurd.notifications;
