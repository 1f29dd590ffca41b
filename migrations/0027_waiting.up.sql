-- What waits, with its reason: rows of the application that could not be served, because somebody holds a
-- lock in the way, because the database refuses what is to be written, or because sessions end over it.
-- Their number is not bounded, and no restart forgets them.

-- One row a cause: they are tried again cause by cause, so that a hundred thousand rows that one trigger
-- refuses cost a few probes a minute, and all go on when one of these succeeds.
create table recurd.causes (
    kind text not null,                                  -- of work: generate, replan, remind, settle
    cause text not null,                                 -- held, killing, or SQLSTATE and what refuses
    why text not null constraint ck_causes_why check (why in ('held', 'refused', 'killing')),
    sqlstate text not null default '',
    reason text not null default '',                     -- in the server's words, of the first row
    since timestamptz not null default recurd.now(),
    tries integer not null default 1,                    -- in vain, in a row; 0: the last one succeeded
    tried_at timestamptz,
    next_try_at timestamptz not null,
    after text not null default '',                      -- a pass over all rows: this id was the last
    told bigint not null default 0,                      -- rows, when the log last told of them
    constraint pk_causes primary key (kind, cause)
);

create table recurd.waiting (
    kind text not null,
    id text not null,                                    -- of the template, or of the task
    user_id text,
    cause text not null,
    reason text not null default '',
    at timestamptz,                                      -- next_due_at, replan_at or remind_at
    place tid,                                           -- where the row stood: it waits until it is edited
    since timestamptz not null default recurd.now(),
    tried_at timestamptz not null default recurd.now(),
    tries integer not null default 1,
    constraint pk_waiting primary key (kind, id)
);
create index ix_waiting_tried_at on recurd.waiting (cause, tried_at);
create index ix_waiting_held on recurd.waiting (kind, id) where cause = 'held';

create view recurd.waits as
    select w.kind, w.id, w.user_id, c.why, w.cause, c.sqlstate, w.reason, w.at, w.since, w.tried_at, w.tries,
           c.next_try_at
    from recurd.waiting as w
    left join recurd.causes as c on c.kind = w.kind and c.cause = w.cause;
comment on view recurd.waits is 'What could not be served, why, and when it is tried again';

-- What a worker has done since its start: figures by their names, of which the columns are but three.
alter table recurd.workers add column figures jsonb not null default '{}';

-- Which of these users' rows are locked by somebody else, so that a task that refers to them would have
-- to wait; all others are locked by us as the foreign key would, without waiting.  The definer's rights,
-- because a lock needs a right to update the row, which the worker has no other use for.  Where the table
-- belongs to somebody else, who let us refer to it and no more, nobody is known to be held: inserts wait.
do $migration$
begin
    execute pg_catalog.format($create$
        create function recurd.held_users(users text[]) returns setof text
            language plpgsql volatile security definer set search_path = ''
        as $body$
        begin
            if not (pg_catalog.has_column_privilege('%1$I."user"', 'id', 'select')
                    and pg_catalog.has_any_column_privilege('%1$I."user"', 'update')) then
                return;
            end if;
            return query
            -- Joined, not compared with an array: without an index scan each row would be compared with all.
            with asked as materialized (
                select distinct a.id from pg_catalog.unnest(users) as a (id)
            ), free as materialized (
                select u.id from asked as a join %1$I."user" as u on u.id = a.id
                   for key share of u skip locked
            )
            select u.id::text from asked as a join %1$I."user" as u on u.id = a.id
             where u.id not in (select free.id from free);
        end
        $body$
    $create$, current_schema());
end
$migration$;
revoke all on function recurd.held_users(text[]) from public;

grant select, insert, update, delete on recurd.causes, recurd.waiting to recurd_worker;
-- Where a task's row stands says whether it was edited.
grant select (ctid) on tasks to recurd_worker;
grant execute on function recurd.held_users(text[]) to recurd_worker;
-- Where a row stands: a right on its columns is none on this one.
grant select (ctid) on tasks to recurd_worker;
grant select on recurd.causes, recurd.waiting, recurd.waits to recurd_reader, recurd_worker;

-- What the database refused was put into quarantine before; now it waits, and goes on by itself.
update recurring_tasks set failed_at = null, failure = null
 where failed_at is not null and failure like 'the database refuses the task: %';
