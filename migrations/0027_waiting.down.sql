drop function recurd.held_users(text[]);
drop view recurd.waits;
drop table recurd.waiting;
drop table recurd.causes;
