-- Names what the up file would fail over; silent when nothing is in its way.
do $$
declare
    problems text;
begin
    if to_regclass('"user"') is null
       or exists (select from pg_index where indexrelid = to_regclass('ix_user_email') and indisvalid) then
        return;
    end if;
    if not exists (select from pg_attribute where attrelid = to_regclass('"user"') and attname = 'email'
                                                  and not attisdropped) then
        raise exception 'column "user".email is missing, and index ix_user_email cannot be built: add it, it may stay null'
                        ' (alter table "user" add column email varchar(255))';
    end if;
    execute $q$
        select format('%s e-mail addresses stand more than once in "user", for instance %s: ix_user_email cannot be'
                      ' built; remove the duplicates', max(total),
                      string_agg(format('%s (%s times)', quote_literal(left(email, 60)), times), ', ' order by email))
        from (select email, count(*) as times, count(*) over () as total
              from "user" where email is not null group by email having count(*) > 1 order by email limit 3) as d
        having count(*) > 0
    $q$ into problems;
    if problems is not null then
        raise exception '%', problems;
    end if;
end
$$;
