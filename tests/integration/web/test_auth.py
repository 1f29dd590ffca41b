"""Who asks: what Better Auth and applications beside it hand out is taken, and nothing else."""

import base64
import json
import subprocess
import time
from urllib.parse import quote

import jwt
import pytest
from jwcrypto import jwk, jws

pytestmark = pytest.mark.slow

SECRET = "a secret of more than thirty-two bytes"
ISSUER = "https://app.example"
# As Better Auth 1.4 makes them on PostgreSQL (its command "generate"), but for columns that nobody here reads.
BETTER_AUTH = """
    create table "session" (id text primary key, "expiresAt" {stamp} not null, token text not null unique,
                            "createdAt" {stamp} default now() not null, "updatedAt" {stamp}, "ipAddress" text, "userAgent" text,
                            "userId" text not null references "user" (id) on delete cascade);
    create table jwks (id text primary key, "publicKey" text not null, "privateKey" text not null,
                       "createdAt" {stamp} not null default now(), "expiresAt" {stamp});
"""


def sign(key, alg, **claims):
    claims = {"sub": "ada", "iss": ISSUER, "aud": ISSUER, "exp": time.time() + 300} | claims
    token = jws.JWS(json.dumps(claims))
    token.add_signature(key, alg, json.dumps({"alg": alg, "kid": key.kid}))
    return token.serialize(compact=True)


def add_key(db, key, **columns):
    db.execute('insert into jwks (id, "publicKey", "privateKey", "expiresAt") values (%s, %s, %s, %s)',
               (key.kid, key.export_public(), "encrypted", columns.get("expires")))


@pytest.fixture(scope="module")
def world(db):
    for user in ("ada", "bob", "lin"):
        db.add_user(user)
    db.psql(BETTER_AUTH.format(stamp="timestamp"))
    db.psql("""insert into "session" (id, "expiresAt", token, "userId") values
               ('s1', now() at time zone 'UTC' + interval '1 hour', 'adas-token', 'ada'),
               ('s2', now() at time zone 'UTC' - interval '1 second', 'old-token', 'ada'),
               ('s3', now() at time zone 'UTC' + interval '1 hour', 'lins-token', 'lin')""")
    return db


@pytest.fixture(scope="module")
def keys(world):
    found = {"EdDSA": jwk.JWK.generate(kty="OKP", crv="Ed25519", kid="table-1"),
             "ES256": jwk.JWK.generate(kty="EC", crv="P-256", kid="file-1")}
    add_key(world, found["EdDSA"])
    world.psql("""insert into jwks (id, "publicKey", "privateKey") values ('odd', '{"kty":"oct","k":"AAAA"}', '')""")
    return found


@pytest.fixture(scope="module")
def http(world, keys, tmp_path_factory):
    from harness.web import RecurdHttp

    place = tmp_path_factory.mktemp("keys")
    (place / "secret").write_text(SECRET + "\n")
    (place / "jwks").write_text(json.dumps({"keys": [json.loads(keys["ES256"].export_public())]}))
    hashed = subprocess.run(["openssl", "passwd", "-6", "-salt", "salt", "open:sesame"], capture_output=True, text=True, check=True)
    (place / "operators").write_text(f"# who may\n\nroot:{hashed.stdout}")
    server = RecurdHttp(world, operators="lin", session_tokens=True, jwt_secret_file=place / "secret", jwt_keys_file=place / "jwks",
                        jwt_keys_table=True, jwt_issuer=ISSUER, jwt_audience=ISSUER, operators_file=place / "operators",
                        cors_origins="https://app.example", operators_on_unix_socket=True).wait_ready()
    yield server
    server.stop()
    server.dispose()


def basic(name, password):
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()}


def test_sessions_of_better_auth(http):
    for token in ("adas-token", "adas-token.c2lnbmF0dXJl"):
        assert http.get("/api/tags", token=token).status == 200
    for token in ("old-token", "nobodys-token", "ADAS-TOKEN", "adas-token%00", "' or true --", "x" * 9000, ""):
        answer = http.ask("GET", "/api/tags", headers={"Authorization": f"Bearer {token}"})
        assert answer.status == 401 and isinstance(answer.json["detail"], str), token
    assert http.get("/api/tags", token="old-token").headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'


def test_a_session_that_was_ended_counts_for_seconds_at_most(http, world):
    world.execute("""insert into "session" (id, "expiresAt", token, "userId") values ('s9', 'infinity', 'brief-token', 'bob')""")
    assert http.get("/api/tags", token="brief-token").status == 200
    world.execute("delete from \"session\" where id = 's9'")
    began = time.monotonic()
    while http.get("/api/tags", token="brief-token").status == 200:
        assert time.monotonic() - began < 8
        time.sleep(0.2)


def test_signed_tokens_of_every_kind_of_key(http, keys):
    claims = {"user_id": "ada", "iss": ISSUER, "aud": ISSUER, "exp": time.time() + 300}
    assert http.get("/api/tags", token=jwt.encode(claims, SECRET, "HS256")).status == 200
    assert http.get("/api/tags", token=sign(keys["ES256"], "ES256")).status == 200
    assert http.get("/api/tags", token=sign(keys["EdDSA"], "EdDSA")).status == 200
    for token in (jwt.encode(claims, SECRET + "!", "HS256"), jwt.encode(claims | {"exp": 1}, SECRET, "HS256"),
                  jwt.encode(claims, None, "none"), sign(keys["EdDSA"], "EdDSA", aud="https://other.example")):
        assert http.get("/api/tags", token=token).status == 401
    assert http.get("/api/tags", token=sign(jwk.JWK.generate(kty="OKP", crv="Ed25519", kid="table-1"), "EdDSA")).status == 401


def test_whose_rows_are_shown_is_the_tokens_user(http):
    made = http.ask("POST", "/api/tags", {"name": "adas"}, token="adas-token")
    assert made.status == 201
    assert [tag["name"] for tag in http.get("/api/tags", token="adas-token").json] == ["adas"]
    assert http.get("/api/tags", token="lins-token").json == []


def test_a_cookie_changes_something_only_for_a_page_that_may(http):
    """Browsers send it whoever's page asks."""
    def create(name, **headers):
        return http.ask("POST", "/api/tags", {"name": name}, headers={"Cookie": "auth_token=adas-token"} | headers).status

    host = f"127.0.0.1:{http.port}"
    assert http.get("/api/tags", headers={"Cookie": "auth_token=adas-token"}).status == 200
    assert http.get("/api/tags", headers={"Cookie": f"a=b; better-auth.session_token={quote('adas-token.c2ln+/=')}"}).status == 200
    assert http.get("/api/tags", headers={"Cookie": "auth_token=old-token"}).headers["WWW-Authenticate"] == "Bearer", "as if it were not there"
    assert create("no page") == 401
    assert create("another page", **{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}) == 401
    assert create("a neighbour's page", **{"Sec-Fetch-Site": "same-site", "Origin": "https://evil.app.example"}) == 401
    assert create("an old browser, another page", Origin="http://evil.example") == 401
    assert create("own page", **{"Sec-Fetch-Site": "same-origin"}) == 201
    assert create("own page, an old browser", Origin=f"http://{host}") == 201
    assert create("the application's page", **{"Sec-Fetch-Site": "cross-site", "Origin": "https://app.example"}) == 201


def test_operators(http):
    assert http.get("/api/tags", unix=True).status == 403, "by the socket, and no user"
    assert http.get("/api/tags", headers=basic("root", "open:sesame")).status == 403, "by password, and no user"
    assert http.get("/api/tags", token="lins-token").status == 200, "by id, and a user"


def test_passwords_are_tried_a_few_times_only_and_nothing_of_it_is_in_the_log(http):
    assert http.get("/api/tags", headers=basic("root", "open:sesame")).status == 403
    for guess in ("", "open", "sesame-guess", "open:sesame "):
        assert http.get("/api/tags", headers=basic("root", guess)).status == 401
    assert http.get("/api/tags", headers=basic("nobody", "open:sesame")).status == 401
    statuses = [http.get("/api/tags", headers=basic("root", f"guess-{i}")).status for i in range(30)]
    assert 429 in statuses and set(statuses) <= {401, 429}
    assert http.get("/api/tags", headers=basic("root", "open:sesame")).status == 403, "who was known a moment ago is not slowed"
    assert http.get("/api/tags", token="adas-token").status == 200
    text = "\n".join(event.raw for event in http.events)
    assert "http_auth_failed" in text
    assert not any(secret in text for secret in ("sesame", "-token", SECRET, "guess"))


@pytest.mark.parametrize("header", ["Bearer", "Bearer ", "Basic", "Basic !!!", "Basic AA==", "Digest x", "bearer", " ", "Negotiate YII="])
def test_other_schemes_are_refused(http, header):
    assert http.ask("GET", "/api/tags", headers={"Authorization": header}).status in (401, 429)


def test_a_new_key_of_the_table_is_found(http, world, recurd_http):
    """Better Auth rotates its keys; the table is looked at again at most once a minute, so by another server here."""
    server = recurd_http(world, jwt_keys_table=True, jwt_issuer=ISSUER, jwt_audience=ISSUER)
    key = jwk.JWK.generate(kty="EC", crv="P-256", kid="table-2")
    stranger = jwk.JWK.generate(kty="EC", crv="P-256", kid="table-3")
    add_key(world, key)
    add_key(world, stranger, expires="2020-01-01")
    assert server.get("/api/tags", token=sign(key, "ES256")).status == 200
    assert server.get("/api/tags", token=sign(stranger, "ES256")).status == 401
    assert server.get("/api/tags", token="adas-token").status == 401, "sessions were not asked for"


def test_without_better_auths_tables_it_says_what_is_missing(http, world, recurd_http):
    """An application may hash its tokens or call its table otherwise: that is no 401, and not the user's fault."""
    server = recurd_http(world, session_tokens=True)
    world.execute('alter table "session" rename column token to hashed_token')
    try:
        answer = server.get("/api/tags", token="nobodys-token")
        assert answer.status == 503 and answer.headers["Retry-After"]
        assert "token" in server.expect("http_sessions_unfit")["msg"]
    finally:
        world.execute('alter table "session" rename column hashed_token to token')
    world.execute('alter table "session" alter column "expiresAt" type timestamptz using "expiresAt" at time zone \'UTC\'')
    assert server.get("/api/tags", token="adas-token").status == 200
    assert server.get("/api/tags", token="old-token").status == 401


@pytest.mark.parametrize("options, words", [
    ({"jwt_secret_file": "short"}, "expected a secret of at least 32 bytes, found 5"),
    ({"jwt_secret_file": "missing"}, "No such file"),
    ({"jwt_keys_file": "short"}, "jwt_keys_file: expected jwt_issuer with it"),
    ({"jwt_keys_table": True, "jwt_issuer": "x"}, "jwt_keys_table: expected jwt_audience with it"),
    ({"jwt_keys_file": "short", "jwt_issuer": "x", "jwt_audience": "x"}, "expected a JSON object"),
    ({"operators_file": "short"}, "short:1: expected name:hash"),
    ({"operators_file": "md5"}, "md5:2: expected name:hash, with a hash as mkpasswd -m sha512crypt makes it"),
])
def test_what_cannot_be_used_is_refused_at_the_start(world, tmp_path, options, words):
    from harness.daemon import program

    (tmp_path / "short").write_text("12345\n")
    (tmp_path / "md5").write_text("#\nroot:$1$abc$def\n")
    options = {name: tmp_path / value if name.endswith("file") else value for name, value in options.items()}
    conf = tmp_path / "conf"
    conf.write_text("".join(f'{name} = "{"on" if value is True else value}"\n' for name, value in options.items()))
    done = subprocess.run([program("recurd-http"), "--check-config", "--config", conf], capture_output=True, text=True)
    assert done.returncode != 0 and words in done.stderr, done.stderr
