alter table tasks drop column if exists priority;
