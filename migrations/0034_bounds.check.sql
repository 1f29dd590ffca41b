-- Names what the up file would fail over; silent when nothing is in its way.
do $$
declare
    problems text;
begin
    if to_regclass('recurd.consumers') is null then
        return;
    end if;
    select string_agg(format('recurd.consumers has the name %s, of %s bytes: expected 1 to 200, without control'
                             ' characters and without blanks around them; run: update recurd.consumers set name ='
                             ' ''consumer-%s'' where md5(name) = ''%s''', quote_literal(left(name, 40)),
                             octet_length(name), left(md5(name), 8), md5(name)), e'\n')
      into problems
      from recurd.consumers
     where not (name ~ '^[^[:space:]]' and name ~ '[^[:space:]]$' and name !~ '[[:cntrl:]]' and octet_length(name) <= 200);
    if problems is not null then
        raise exception '%', problems;
    end if;
end
$$;
