"""Every page in a real browser: light, dark, on a phone, without script, by keyboard; nothing refused by the
Content-Security-Policy; live, and a rule answered while it is typed."""

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from harness.browser import Browser
from harness.web import RecurdHttp, quote

pytestmark = pytest.mark.slow

TOP = Path(__file__).resolve().parents[3]
HOSTILE = "<img src=x onerror=alert(1)>\"'\u202e{rule}" + "🌱" * 40
PAGES = ["", "upcoming", "templates", "template?id=plants", "template?id=broken", "quarantine", "decisions", "workers",
         "rule?rule=" + quote("every day at 02:30, Europe/Berlin") + "&start=2027-03-20T02:30:00",
         "rule?rule=" + quote('{"frequency":"weekly","days":["mox"]}'), "settings", "about"]


@pytest.fixture(scope="module")
def browser():
    browser = Browser()
    yield browser
    browser.quit()


@pytest.fixture(scope="module")
def http(db):
    from datetime import timedelta

    db.add_user("ada")
    weekly = '{"frequency":"weekly","byDay":[{"day":"mo"},{"day":"th"},{"day":"sa"}],"byHour":[14],"byMinute":[2]}'
    db.add_template(timedelta(seconds=90), weekly, "ada", id="plants", title="water the plants")
    db.add_template(timedelta(seconds=95), weekly, "ada", id="hostile", title=HOSTILE[:200])
    db.add_template(timedelta(days=-2), '{"frequency":"weekly","days":["mox","thu"]}', "ada", id="broken")
    db.execute("update recurring_tasks set failed_at = now() - interval '3 d', failure ="
               " 'recurrence_rule.days[0]: expected mon...sun, got \"mox\"' where id = 'broken'")
    for i in range(25):
        db.add_template(timedelta(minutes=i), weekly, "ada", id=f"t-{i}", title=f"Task {i}")
    db.execute("insert into recurd.decisions (kind, template_id, first_at, last_at, occurrences, detail, by)"
               " values ('dropped', 'plants', date_trunc('second', now()) - interval '2 d', date_trunc('second', now()) - interval '1 d', 3, %s, 'ann')", (HOSTILE,))
    # To a browser, which comes over TCP, this machine's nobody; to see all, an operator by password.
    server = RecurdHttp(db, show_titles=True, operators_file=_operators(), hosts="localhost").wait_ready()
    yield server
    server.stop()
    server.dispose()


def _operators():
    import crypt
    import tempfile

    file = Path(tempfile.mkdtemp(prefix="rcd-o-", dir="/tmp")) / "operators"
    file.write_text("ann:" + crypt.crypt("secret", crypt.mksalt(crypt.METHOD_SHA512)) + "\n")
    file.chmod(0o600)
    return str(file)


@pytest.fixture(scope="module")
def base(http, browser):
    browser.authorize("ann", "secret")
    browser.look()
    return f"http://127.0.0.1:{http.port}/"


PICTURES = os.environ.get("RECURD_PICTURES")  # a folder: what the tests see is kept there


@pytest.mark.parametrize("scheme, width", [("light", "wide"), ("dark", "wide"), ("light", "phone")])
def test_each_page_is_whole(browser, base, scheme, width):
    browser.look(scheme, width)
    for number, page in enumerate(PAGES):
        browser.open(base + page)
        assert browser.complaints() == [], page
        assert browser.run("return document.documentElement.scrollWidth <= innerWidth"), f"{page} is wider than the window"
        assert browser.run("return document.querySelectorAll('h1').length") == 1, page
        assert not browser.run("return document.querySelector('img, [style], [onerror]')"), page
        if PICTURES:
            time.sleep(0.3)
            browser.picture(Path(PICTURES) / f"{number}-{scheme}-{width}.png")


@pytest.mark.skipif(not shutil.which("npm") and not list(TOP.glob("build-test/axe/*/axe.min.js")), reason="axe-core comes by npm: tests/axe")
@pytest.mark.parametrize("scheme, width", [("dark", "wide"), ("light", "phone")])
def test_axe_finds_nothing(browser, base, scheme, width):
    axe = Path(subprocess.run([TOP / "tests/axe"], check=True, capture_output=True, text=True).stdout.strip()).read_text()
    browser.look(scheme, width)
    found = {}
    for page in PAGES:
        browser.open(base + page)
        browser.run(axe)
        # In the dark colours are what differs.
        rules = "{runOnly: ['color-contrast']}" if scheme == "dark" else "{}"
        wrong = browser.run_async(f"const done = arguments[0]; axe.run({rules})"
                                  ".then(r => done(r.violations.map("
                                  "v => v.id + ': ' + v.nodes.slice(0, 2).map(n => n.html.slice(0, 200) + ' ' + n.failureSummary))))")
        if wrong:
            found[page] = wrong
    assert not found, found


def test_each_page_stands_without_script(browser, base):
    browser.look(script=False)
    for page in PAGES:
        browser.open(base + page)
    browser.look()
    assert browser.complaints() == []


def test_every_link_and_field_is_reached_by_keyboard_and_the_first_skips_to_the_content(browser, base):
    from selenium.webdriver.common.keys import Keys

    browser.open(base + "templates")
    body = browser.driver.switch_to.active_element
    body.send_keys(Keys.TAB)
    assert browser.run("return document.activeElement.textContent") == "Skip to the content"
    assert browser.run("return document.activeElement.getBoundingClientRect().left >= 0"), "it is seen when it has the focus"
    wanted = browser.run("return document.querySelectorAll('a, button, input, select, textarea, summary, [tabindex]').length")
    seen = 0
    while browser.run("return document.activeElement !== document.body") and seen < wanted + 5:
        browser.driver.switch_to.active_element.send_keys(Keys.TAB)
        seen += 1
    assert seen >= wanted


def test_the_first_page_is_live(browser, base, db):
    browser.look()
    browser.open(base)
    at = browser.run("return document.getElementById('as-of').textContent")
    db.update("recurring_tasks", "plants", title="feed the cat")
    for _ in range(60):
        time.sleep(0.1)
        if browser.run("return document.getElementById('as-of').textContent") != at and \
                "feed the cat" in browser.run("return document.getElementById('upcoming').textContent"):
            break
    assert browser.run("return document.getElementById('state').textContent") == "live"
    assert "feed the cat" in browser.run("return document.getElementById('upcoming').textContent")
    assert browser.complaints() == []


def _wait(browser, script, what, timeout=20):
    until = time.monotonic() + timeout
    while not browser.run("return " + script):
        assert time.monotonic() < until, what + ": " + browser.run("return document.body.innerText")[:400]
        time.sleep(0.1)


def test_a_page_comes_back_live_after_restarts_of_server_and_database(browser, base, cluster, db):
    """Whoever left it open in a tab finds it as it is, however things went meanwhile."""
    upcoming = "document.getElementById('upcoming').textContent.includes('%s')"
    live = "document.getElementById('state').textContent === 'live'"
    browser.look()
    server = RecurdHttp(db, show_titles=True, operators_file=_operators()).wait_ready()
    down = False
    port, listen = server.port, f"127.0.0.1:{server.port}"
    try:
        browser.open(f"http://127.0.0.1:{port}/")
        _wait(browser, live, "at first")
        server.stop()
        server.dispose()
        _wait(browser, "document.getElementById('state').textContent.startsWith('not live')", "without a server")
        db.update("recurring_tasks", "plants", title="shear the sheep")
        server = RecurdHttp(db, show_titles=True, operators_file=_operators(), listen=listen).wait_ready()
        _wait(browser, live, "after the server's restart")
        _wait(browser, upcoming % "shear the sheep", "what changed meanwhile")
        down = True
        cluster.stop("immediate")
        _wait(browser, "document.getElementById('verdict').textContent.includes('does not answer')", "without a database")
        assert "shear the sheep" in browser.run("return document.getElementById('upcoming').textContent"), "the last that was known"
        cluster.start()
        down = False
        db.update("recurring_tasks", "plants", title="paint the fence")
        _wait(browser, upcoming % "paint the fence", "after the database's restart")
        assert not browser.run("return document.getElementById('verdict').textContent").count("does not answer")
        browser.complaints()  # that connections were refused, it may say
    finally:
        if down:
            cluster.start()
        server.stop()
        server.dispose()


def test_a_browser_is_offered_to_sign_in_as_an_operator(http):
    """Where there is a file of operators; who asks as a program is offered a token alone."""
    answer = http.get("/templates", headers={"Accept": "text/html,application/xhtml+xml"})
    assert answer.status == 401 and answer.headers.get_all("WWW-Authenticate") == ["Bearer", 'Basic realm="recurd"']
    assert "<h1>" in answer.text
    assert http.get("/templates").headers.get_all("WWW-Authenticate") == ["Bearer"]


# An EventSource whose first two answers are errors: a browser leaves it closed.  Waits are a hundredth of what they are.
REFUSED = """
const later = window.setTimeout;
window.opened = 0;
window.setTimeout = (fn, ms, ...rest) => later(fn, ms / 100, ...rest);
window.EventSource = class {
  constructor() { this.readyState = ++window.opened < 3 ? 2 : 1; later(() => this.readyState === 2 ? this.onerror() : this.onopen(), 10); }
  addEventListener() {}
  close() {}
};
window.EventSource.CLOSED = 2;
"""


def test_a_page_is_live_again_after_answers_that_were_errors(browser, base):
    """Yaffle/EventSource/issues/88, stolostron/console/pull/372: while a server starts again its proxy answers
    502 once, and the page is dead until somebody loads it anew.  It said "trying again" here, and did not."""
    browser.look()
    script = browser.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": REFUSED})
    try:
        browser.open(base)
        for _ in range(40):
            if browser.run("return window.opened") == 3 and browser.run("return document.getElementById('state').textContent") == "live":
                break
            time.sleep(0.05)
        assert browser.run("return [window.opened, document.getElementById('state').textContent]") == [3, "live"]
    finally:
        browser.driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", script)


def test_a_rule_is_answered_while_it_is_typed(browser, base):
    from selenium.webdriver.common.by import By

    browser.open(base + "rule")
    browser.driver.find_element(By.ID, "rule").send_keys("every day at 9")
    for _ in range(50):
        time.sleep(0.1)
        if "valid" in browser.run("return document.getElementById('preview').textContent"):
            break
    assert "every day at 09:00" in browser.run("return document.getElementById('preview').textContent")
    assert browser.run("return location.search").startswith("?rule=every")
    assert browser.complaints() == []


def test_the_readmes_picture_is_made_by_a_command(tmp_path):
    subprocess.run([TOP / "tests/picture", tmp_path / "now.png"], check=True)
    size = slice(16, 24)  # of a PNG: width and height
    made, kept = (tmp_path / "now.png").read_bytes(), (TOP / "man/now.png").read_bytes()
    assert made[:8] == kept[:8] == b"\x89PNG\r\n\x1a\n" and made[size] == kept[size]
    assert "man/now.png" in (TOP / "README.md").read_text()
