-- Caller: web/auth.c: Better Auth's public keys, once a minute at most.
-- Returns key id and key, a JWK.
-- Index: theirs.
-- Result: text text
select k.kid, k.key from recurd.token_keys() as k
