drop function recurd.web_figures(), recurd.web_changes(text, bigint), recurd.web_turns(text, bigint),
    recurd.web_policies(text), recurd.web_workers();
create function recurd.web_workers()
    returns table (name text, state text, pid integer, version text, tzdata text, file text, started_at timestamptz,
                   seen_at timestamptz, generated bigint, reminded bigint, quarantined bigint)
    language sql stable security definer rows 10
    set search_path = pg_catalog, pg_temp
as $$
    select w.name, w.state, w.pid, w.version, x.tzdata, x.file, w.started_at, w.seen_at, w.generated, w.reminded,
           w.quarantined
    from recurd.worker_states as w join recurd.workers as x on x.id = w.id
    order by w.state, w.name, w.started_at
    limit 200
$$;
revoke all on function recurd.web_workers() from public;
grant execute on function recurd.web_workers() to recurd_web, recurd_reader;
