-- What one user may have: so many recurring tasks, and so many instances a day.  Both are off (null, 0) by default.
-- And recurd.upcoming(n), whose cost does not depend on how much there is.

alter table recurd.settings
    add column max_templates_per_user integer            -- 0: as many as there may be
        constraint ck_settings_max_templates_per_user check (max_templates_per_user between 0 and 1000000),
    add column max_instances_per_user_day integer        -- 0: as many as fall due
        constraint ck_settings_max_instances_per_user_day check (max_instances_per_user_day between 0 and 1000000);

-- What workers made for a user today, while there is such a limit: a row a user, of the last day on which something
-- was made.
create table recurd.made_today (
    user_id text constraint pk_made_today primary key,
    day date not null,                                   -- of UTC
    made bigint not null,                                -- instances
    limited bigint not null                              -- occurrences beyond the limit: not made
) with (fillfactor = 70);

-- Once a statement, and one look into recurd.settings where there is no limit.  Of one user two transactions take
-- turns, so that together they do not pass the limit; users come in one order, so that they do not wait for each
-- other in a circle.  It needs no right of whoever inserts, and counts what row-level security hides.
-- The application's schema is written into the body: search_path is empty when it runs.
do $$
begin
    execute pg_catalog.format($create$
        create function recurd.template_limit() returns trigger
            language plpgsql security definer
            set search_path = '' set row_security = off
        as $body$
        declare
            most bigint := (select s.max_templates_per_user from recurd.settings as s);
            who record;
            has bigint;
        begin
            if coalesce(most, 0) = 0 then
                return null;
            end if;
            for who in select f.user_id as id, f.user_id::text collate "C" as place from fresh as f
                        where f.user_id is not null group by f.user_id order by place loop
                perform pg_catalog.pg_advisory_xact_lock(
                    pg_catalog.hashtextextended('recurd.template_limit ' || who.place, 0));
                select pg_catalog.count(*) into has
                  from (select from %1$I.recurring_tasks as t where t.user_id = who.id limit most + 1) as c;
                if has > most then
                    raise exception using errcode = 'program_limit_exceeded',
                        schema = tg_table_schema, table = tg_table_name, constraint = 'recurd_template_limit',
                        message = pg_catalog.format('user "%%s" may have %%s recurring tasks, and has as many', who.id, most),
                        hint = 'Delete some of them, or raise the limit: recurctl settings set max_templates_per_user '
                               || (most + 1) || '.';
                end if;
            end loop;
            return null;
        end
        $body$
    $create$, current_schema());
end
$$;

create trigger recurd_template_limit after insert on recurring_tasks
    referencing new table as fresh
    for each statement execute function recurd.template_limit();

-- Triggers fire without this right; nobody else may put the function on a table of his own.
revoke all on function recurd.template_limit() from public;

grant select, insert, update on recurd.made_today to recurd_worker;
grant select on recurd.made_today to recurd_reader;

-- The first n rows of the view of that name, which has no limit: of all that is to come the planner may sort a half,
-- which takes a third of a second with a million templates.  Everything is read in the order of an index, as
-- recurctl upcoming does it.
do $$
begin
    execute pg_catalog.format($create$
        create function recurd.upcoming(n integer default 20)
            returns table (at timestamptz, kind text, user_id text, template_id text, task_id text,
                           title text, priority text)
            language sql stable rows 20
            set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_indexscan = on
            set jit = off
        as $body$
            select u.*
              from ((select t.next_due_at as at, 'occurrence'::text, t.user_id::text, t.id::text, null::text,
                            t.title::text, t.priority::text
                     from %1$I.recurring_tasks as t
                     where t.is_active and t.failed_at is null and t.next_due_at < 'infinity'
                     order by t.next_due_at
                     limit greatest(coalesce(n, 20), 0))
                    union all
                    (select k.remind_at, 'reminder'::text, k.user_id::text, k.recurring_task_id::text, k.id::text,
                            k.title::text, k.priority::text
                     from %1$I.tasks as k
                     where k.remind_at is not null and not k.is_complete
                           and (k.reminded_at is null or k.remind_at > k.reminded_at)
                           and k.remind_at > '-infinity' and k.remind_at < 'infinity'
                     order by k.remind_at
                     limit greatest(coalesce(n, 20), 0))) as u
             order by u.at
             limit greatest(coalesce(n, 20), 0)
        $body$
    $create$, current_schema());
end
$$;

-- Its own right, because everybody's may go at any time.
grant execute on function recurd.upcoming(integer) to recurd_worker, recurd_reader;
