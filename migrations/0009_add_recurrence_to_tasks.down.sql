alter table tasks drop column if exists recurrence_rule;
