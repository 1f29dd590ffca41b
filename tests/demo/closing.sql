-- What came of it: made, told, late (p50 and p99 in seconds, of one at a time and of many at once), caught up,
-- twice, lost.
-- Late is the time from the instant to the commit.  What is expected is computed from local times by
-- PostgreSQL's calendar, so that recurd's own is not asked about itself.
with expected as (
    select e.template_id, instant as at
    from demo.expected as e
         cross join generate_series(0, case when e.step is null then 0 else 10000 end) as n
         cross join lateral (select (e.first + n * coalesce(e.step, '0')) at time zone e.zone as instant) as i
    where instant <= least(recurd.now(), coalesce(e.until, 'infinity'))
), made as (
    select t.recurring_task_id as template_id, t.occurrence_at as at
    from tasks as t
    where t.recurring_task_id is not null
), told as (
    select n.*, pg_xact_commit_timestamp(n.xmin) + c.ahead - n.at as late,
           n.user_id like 'team-%' as crowd,
           exists (select from demo.down as d
                   where n.at between d.since and d.until
                         and coalesce(d.template_id, n.template_id) = n.template_id) as caught_up
    from recurd.notifications as n
         cross join lateral (select ahead from demo.clock where since <= pg_xact_commit_timestamp(n.xmin)
                             order by since desc limit 1) as c
), twice as (
    select (select count(*) - count(distinct (template_id, at)) from made)
           + (select count(*) from (select * from made except select * from expected) as extra)
           + (select count(*) - count(distinct (kind, task_id, at)) from told) as n
), lost as (
    select (select count(*) from (select * from expected except select * from made) as missing)
           + (select count(*) from tasks as t
              where t.remind_at <= recurd.now()
                    and not exists (select from told where told.task_id = t.id and told.kind = 'reminder')) as n
), lateness as (
    select crowd, extract(epoch from percentile_disc(0.5) within group (order by late)) as p50,
           extract(epoch from percentile_disc(0.99) within group (order by late)) as p99
    from told
    where not caught_up
    group by crowd
)
select (select count(*) from made),
       (select count(*) from told where kind = 'reminder'),
       (select p50 from lateness where not crowd), (select p99 from lateness where not crowd),
       (select p50 from lateness where crowd), (select p99 from lateness where crowd),
       (select count(*) from told where caught_up),
       (select n from twice), (select n from lost);
