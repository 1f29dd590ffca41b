-- Calendars that subscribed find nothing at their addresses from here on.
revoke select on recurd.settings, recurd.calendars, recurd.calendar_days from recurd_web;
drop function recurd.session_user_id(text), recurd.token_keys(), recurd.api_feed_create(text, jsonb, text),
    recurd.api_feed_list(text, jsonb), recurd.api_feed_revoke(text, text), recurd.feed_open(text),
    recurd.feed_tasks(text, timestamptz, timestamptz, integer), recurd.feed_templates(text, timestamptz, integer),
    recurd.feed_shown(text, text, text, timestamptz, timestamptz);
drop table recurd.calendar_feeds;
