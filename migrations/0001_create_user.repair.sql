-- As 0005 leaves it.
alter table "user" add column id text not null;
