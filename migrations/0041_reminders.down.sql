drop trigger recurd_task_reminders on tasks;
drop function recurd.snooze(text, timestamptz, interval);
drop function recurd.unremind(text);
drop function recurd.remind(text, timestamptz, interval);
drop function recurd.reminder_ahead(text, timestamptz);
drop function recurd.reminder_wanted(text);
drop function recurd.task_reminders();
alter table recurd.notifications drop column reminder_id;
-- What waits for one of them is tried by nothing that is older.
delete from recurd.waiting where kind = 'reminders';
delete from recurd.causes where kind = 'reminders';
drop table recurd.reminders;
drop function recurd.reminder_placed();
drop function recurd.reminder_wake();
drop function recurd.remind_at(timestamptz, interval);
drop function recurd.reminder_id(text, text);
