drop view recurd.status;
drop function recurd.status_figures();
create view recurd.status as select * from recurd.status_row();
comment on view recurd.status is 'One row of figures: what is due, how late, who works';
grant select on recurd.status to recurd_reader, recurd_worker;
drop index if exists ix_tasks_user_id_pending_remind_at;
drop index if exists ix_recurring_tasks_ended;
drop index if exists ix_recurring_tasks_paused;
drop index if exists ix_recurring_tasks_quarantined;
