alter table tasks drop column if exists due_date;
