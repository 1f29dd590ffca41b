alter table tasks drop column if exists remind_at;
