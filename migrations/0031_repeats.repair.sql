-- A decision about a task has no template.
alter table recurd.decisions alter column template_id drop not null;
