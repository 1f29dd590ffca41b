drop table if exists "user";
