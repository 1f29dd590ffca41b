drop table if exists messages;
drop table if exists conversations;
