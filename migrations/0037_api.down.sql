drop function recurd.api_task_create(text, jsonb, text), recurd.api_task_get(text, text),
    recurd.api_task_list(text, jsonb), recurd.api_task_update(text, text, jsonb, text),
    recurd.api_task_complete(text, text, text), recurd.api_task_tags(text, text, jsonb, text),
    recurd.api_task_delete(text, text, text), recurd.api_template_create(text, jsonb, text),
    recurd.api_template_get(text, text), recurd.api_template_list(text, jsonb),
    recurd.api_template_update(text, text, jsonb, text), recurd.api_template_delete(text, text, text),
    recurd.api_template_history(text, text, jsonb), recurd.api_tag_create(text, jsonb, text),
    recurd.api_tag_get(text, text), recurd.api_tag_list(text, jsonb),
    recurd.api_tag_update(text, text, jsonb, text), recurd.api_tag_delete(text, text, text),
    recurd.api_settings(text);
drop function recurd.api_problem(integer, text, jsonb), recurd.api_refused(text, text),
    recurd.api_row(text, jsonb), recurd.api_id(text, text, text), recurd.api_width(text, text, integer),
    recurd.api_wrong(jsonb, jsonb), recurd.api_check(jsonb, jsonb, boolean),
    recurd.api_cursor(text, text, text), recurd.api_cursor_read(text, text, text),
    recurd.api_may_create(text, jsonb, text), recurd.api_may_tag(text, jsonb),
    recurd.api_tag(text, text, jsonb), recurd.api_task_lock(text, text, text),
    recurd.api_template_lock(text, text, text);
revoke usage on schema recurd from recurd_web;

-- The role belongs to the whole cluster: one that has members, or rights in another database, stays.
do $$
begin
    if not exists (select from pg_auth_members as m join pg_roles as r on r.oid = m.roleid where r.rolname = 'recurd_web') then
        drop role if exists recurd_web;
    end if;
exception
    when dependent_objects_still_exist or insufficient_privilege then
        raise warning 'role recurd_web stays: it is used elsewhere, or not yours to drop';
end
$$;
