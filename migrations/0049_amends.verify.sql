-- Names what is missing or differs; silent when all is there.  More than that is fine.
do $$
declare
    problems text;
begin
    select string_agg(problem, e'\n') into problems from (
        select distinct format('function %s is missing, or not as 0049_amends makes it', name) as problem
        from (values ('recurd.status_figures()', '%recurd.reminders%'),
                     ('recurd.upcoming_rows()', '%recurd.reminders%'),
                     ('recurd.upcoming(integer)', '%recurd.reminders%'),
                     ('recurd.web_minutes()', '%recurd.reminders%'),
                     ('recurd.web_upcoming(integer, timestamptz)', '%recurd.reminders%')) as w (name, words)
        where not exists (select from pg_proc where oid = to_regprocedure(name) and prosrc like words)
    ) as p (problem);
    if problems is not null then
        raise exception '%', problems;
    end if;
end
$$;
