drop table recurd.calendar_days;
drop table recurd.calendars;
drop function recurd.calendars_changed();
