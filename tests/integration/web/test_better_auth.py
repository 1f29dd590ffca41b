"""A real Better Auth makes its tables beside the application's, and tokens; whoever has them is let in.

Its packages come by npm (./dev test --better-auth); without them there is nothing to test here, and test_auth.py goes by
what it is known to make.
"""

import json
import os
import subprocess
from pathlib import Path

import pytest

PLACE = os.environ.get("RECURD_BETTER_AUTH")
pytestmark = [pytest.mark.slow, pytest.mark.skipif(not PLACE, reason="./dev test --better-auth brings it")]


@pytest.fixture(scope="module")
def made(db):
    url = db.value("select format('postgresql://%s@%s/%s', current_user, '127.0.0.1:' || current_setting('port'), current_database())")
    done = subprocess.run(["node", Path(PLACE) / "tokens.mjs"], env={**os.environ, "DATABASE_URL": url}, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_its_sessions_cookies_and_signed_tokens(db, made, recurd_http):
    server = recurd_http(db, session_tokens=True, jwt_keys_table=True, jwt_issuer="https://app.example", jwt_audience="https://app.example")
    assert server.ask("POST", "/api/tags", {"name": "mine"}, token=made["token"]).status == 201
    assert made["bearer"].startswith(made["token"] + ".") and made["jwt"].count(".") == 2
    for way in ({"Authorization": f"Bearer {made['bearer']}"}, {"Cookie": made["cookie"]}, {"Authorization": f"Bearer {made['jwt']}"}):
        answer = server.get("/api/tags", headers=way)
        assert answer.status == 200 and [tag["name"] for tag in answer.json] == ["mine"], way
    assert db.value("select user_id from tags where name = 'mine'") == made["user"]
    head, _, signature = made["jwt"].split(".")
    assert server.get("/api/tags", token=f"{head}.e30.{signature}").status == 401
    db.execute('delete from "session"')
    assert server.get("/api/tags", token=made["jwt"]).status == 200, "a signed token lives on: that is what it is for"
