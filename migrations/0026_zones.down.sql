drop table recurd.zones;
