-- The time zone data under which next_due_at was computed: governments move clocks with weeks of
-- notice.  When a worker's data differ, it has the templates of that zone computed anew (the wall time
-- stays, the instant moves): replan_at '-infinity' says so, an edit of the rule has its own instant.

create table recurd.zones (
    name text constraint pk_zones primary key,           -- IANA name
    digest bigint not null,                              -- of the zone's TZif file
    changed_at timestamptz not null default recurd.now()
);

grant select, insert, update on recurd.zones to recurd_worker;
grant select on recurd.zones to recurd_reader;
