-- With the columns that the table had then, whatever it has now.
create view recurd.worker_states as
    select w.id, w.name, w.pid, w.version, w.started_at, w.seen_at, w.heartbeat, w.generated, w.reminded,
           w.quarantined,
           case when w.seen_at >= recurd.now() - 3 * w.heartbeat then 'alive'
                when exists (select from recurd.workers as r
                             where r.name = w.name and r.started_at > w.started_at) then 'replaced'
                else 'dead'
           end as state
    from recurd.workers as w;
