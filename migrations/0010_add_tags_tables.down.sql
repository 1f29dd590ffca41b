drop table if exists task_tags;
drop table if exists tags;
