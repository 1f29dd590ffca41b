-- Names functions that are those of before.
do $$
declare
    problems text;
begin
    select string_agg(problem, e'\n') into problems from (
        select format('function recurd.%s is missing, or does not do what it does since this step', w.name) as problem
          from (values ('split(text, timestamptz, jsonb)', '%ends < cut%'),
                       ('snooze(text, timestamptz, interval)', '%longer snooze%'),
                       ('unremind(text)', '%gone.source%'),
                       ('template_limit()', '%would have%')) as w (name, part)
         where not exists (select from pg_proc as f
                            where f.oid = to_regprocedure('recurd.' || w.name) and f.prosrc like w.part)
    ) as p (problem);
    if problems is not null then
        raise exception '%', problems;
    end if;
end
$$;
