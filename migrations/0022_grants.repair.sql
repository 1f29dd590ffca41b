-- The record of the steps, which recurctl makes before the first of them.
grant select on recurd.migrations to public;
