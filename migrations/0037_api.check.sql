-- Names what the up file would fail over; silent when nothing is in its way.
do $$
begin
    if to_regrole('recurd_web') is null
       and not exists (select from pg_roles where rolname = current_user and (rolcreaterole or rolsuper)) then
        raise exception 'role recurd_web is not there, and % may not create it; let an administrator run: create role recurd_web nologin',
            quote_ident(current_user);
    end if;
end
$$;
