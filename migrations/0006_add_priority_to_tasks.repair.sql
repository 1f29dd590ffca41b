-- What the block of the up file makes, and what that needs.
alter table tasks
    add column priority varchar(20) not null default 'medium',
    add constraint ck_tasks_priority_valid check (priority in ('low', 'medium', 'high', 'urgent'));
