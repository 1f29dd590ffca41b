drop function recurd.web_now(), recurd.web_minutes(), recurd.web_upcoming(integer, timestamptz),
    recurd.web_templates(text, text, integer, timestamptz, text),
    recurd.web_instances(text, timestamptz, timestamptz),
    recurd.web_decisions(text, integer, timestamptz, bigint), recurd.web_workers(),
    recurd.web_act(text, text, text);
