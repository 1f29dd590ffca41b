"""Without --foreground the lines go to syslog(3), facility daemon."""

from datetime import timedelta

from harness.daemon import parse_logfmt
from harness.util import wait_until

DAEMON = 3


def test_lines_go_to_syslog(app_db, recurd, syslog):
    app_db.go_live()
    template = app_db.add_template(timedelta(seconds=-1))
    daemon = recurd(app_db, foreground=False, wrapper=syslog.wrapper)
    wait_until(lambda: any("event=generated" in line[4] for line in syslog.lines()))
    daemon.stop()
    lines = syslog.lines()
    assert {(facility, ident) for facility, _, ident, _, _ in lines} == {(DAEMON, "recurd")}
    assert {pid for _, _, _, pid, _ in lines} == {daemon.pid}
    events = [parse_logfmt(text) for *_, text in lines]
    (generated,) = [event for event in events if event["event"] == "generated"]
    assert generated["template"] == template
    assert daemon.events == [], "nothing to standard error meanwhile"


def test_hostile_ids_stay_inside_their_datagram(app_db, recurd, syslog):
    app_db.go_live()
    hostile = "a\n<0>Feb  3 10:00:00 kernel: event=forged\x00"[:-1]
    app_db.add_task(remind=timedelta(seconds=-1), id=hostile)
    app_db.execute("update tasks set remind_at = recurd.now()")
    daemon = recurd(app_db, foreground=False, wrapper=syslog.wrapper)
    wait_until(lambda: any("event=reminder" in line[4] for line in syslog.lines()))
    daemon.stop()
    for *_, text in syslog.lines():
        assert "\n" not in text
        assert parse_logfmt(text)["event"] != "forged"
