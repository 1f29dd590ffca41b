-- Names what the up file would fail over; silent when nothing is in its way.
do $$
declare
    problems text;
begin
    select string_agg(problem, e'\n') into problems from (
        select format('role %s is not there, and %s may not create it; let an administrator run: create role %1$s nologin',
                      name, current_user)
        from (values ('recurd_worker'), ('recurd_reader')) as w (name)
        where to_regrole(name) is null
              and not exists (select from pg_roles where rolname = current_user and (rolcreaterole or rolsuper))
        union all
        select format('%s may not pass on the right to use schema %I; run as its owner: grant usage on schema %2$I to'
                      ' %1$I with grant option', current_user, current_schema())
        where not has_schema_privilege(current_schema(), 'USAGE WITH GRANT OPTION')
              and not has_schema_privilege('public', current_schema(), 'USAGE')
    ) as p (problem);
    if problems is not null then
        raise exception '%', problems;
    end if;
end
$$;
