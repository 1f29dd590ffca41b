drop table recurd.preferences;
drop function recurd.preferences_changed();
