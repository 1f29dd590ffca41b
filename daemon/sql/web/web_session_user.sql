-- Caller: web/auth.c: whose session of Better Auth's this token is.
-- $1 text: the token.
-- Returns the user, null: nobody's, or it has expired.
-- Index: theirs.
-- Result: text
select recurd.session_user_id($1)
