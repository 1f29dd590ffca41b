revoke select (ctid) on tasks from recurd_worker;
drop function recurd.held_users(text[]);
alter table recurd.workers drop column figures;
drop view recurd.waits;
drop table recurd.waiting;
drop table recurd.causes;
