"""recurctl convert: calendars as their exporters write them, reduced; what is no calendar; and too much of one."""

import json

import pytest

from harness.ctl import DATA, FOUND, OK, USAGE, run_ctl
from harness.util import SOURCE

CALENDARS = SOURCE / "tests" / "integration" / "calendars"


def convert(name, *args, expect=OK):
    answer = run_ctl(None, "convert", CALENDARS / f"{name}.ics", "-o", "json", *args, expect=expect)
    return {row["uid"]: row for row in answer.json}


def convert_text(text, *args, expect=OK):
    text = text.encode() if isinstance(text, str) else text
    return run_ctl(None, "convert", "-o", "json", *args, stdin=text, expect=expect)


def occurrences(row, n=10):
    """What the rule that came out means to the daemon's expander."""
    question = {"rule": row["rule"], "start": row["start"], "n": n}
    return json.loads(run_ctl(None, "expand", stdin=json.dumps(question).encode() + b"\n").text)["occurrences"]


def test_google():
    rows = convert("google")
    assert list(rows) == ["weekly0001@google.com", "birthday0001@google.com"], "the single event is passed over"
    weekly = rows["weekly0001@google.com"]
    assert (weekly["title"], weekly["start"], weekly["time_zone"]) == ("Planning", "2025-01-08T09:30:00", "Europe/Vienna")
    assert weekly["description"] == "Notes are kept, as ever; see the wiki.\nBring numbers."
    assert weekly["rule"]["recurrenceOverrides"]["2025-01-15T09:30:00"] == {
        "start": "2025-01-16T14:00:00", "title": "Planning (moved)"}
    assert occurrences(weekly, 5) == ["2025-01-08T08:30:00Z", "2025-01-16T13:00:00Z", "2025-01-29T08:30:00Z",
                                      "2025-02-12T08:30:00Z", "2025-02-19T08:30:00Z"]
    assert occurrences(weekly, 100)[-1] == "2025-04-30T07:30:00Z"
    assert weekly["notes"] == ["not carried over: DTEND, LOCATION, VALARM"]
    birthday = convert("google", "--time", "09:30", "--zone", "Asia/Tokyo")["birthday0001@google.com"]
    assert (birthday["start"], birthday["next_due_at"]) == ("2025-02-14T09:30:00", "2025-02-14T00:30:00Z")
    assert birthday["time_zone"] is None and "timeZone" not in birthday["rule"]


def test_apple():
    run, rent = convert("apple").values()
    assert run["rule"]["count"] == 20 and run["next_due_at"] == "2025-01-06T12:00:00Z"
    assert occurrences(run, 3) == ["2025-01-06T12:00:00Z", "2025-01-08T23:00:00Z", "2025-01-13T12:00:00Z"]
    assert occurrences(rent) == ["2025-03-01T00:00:00Z", "2025-04-01T00:00:00Z", "2025-06-01T00:00:00Z",
                                 "2025-07-01T00:00:00Z", "2025-08-01T00:00:00Z"], "UNTIL is a date, and included"


def test_outlook():
    (row,) = convert("outlook").values()
    assert (row["title"], row["time_zone"]) == ("Abschluss für März", "Europe/Berlin")
    assert row["notes"][0] == 'zone "W. Europe Standard Time": taken for Europe/Berlin'
    assert occurrences(row, 4) == ["2025-01-07T09:00:00Z", "2025-02-04T09:00:00Z", "2025-03-04T09:00:00Z",
                                   "2025-04-01T08:00:00Z"]


def test_exchange_and_zones_that_only_their_offsets_name():
    rows = convert("exchange", expect=FOUND)
    assert {uid: row["time_zone"] for uid, row in rows.items()} == {
        "custom-1": "America/New_York", "custom-2": "Asia/Kolkata", "shown-1": "America/New_York", "never-1": None}
    assert rows["custom-1"]["notes"][0] == (
        'zone "Customized Time Zone": taken for America/New_York, whose clocks agree with its VTIMEZONE\'s')
    assert occurrences(rows["custom-1"], 2) == ["2025-03-03T14:30:00Z", "2025-03-31T13:30:00Z"]
    assert rows["never-1"]["rule"] is None
    assert rows["never-1"]["error"] == (
        'TZID: unknown zone "Neverland Standard Time", and no zone has the offsets of its VTIMEZONE')


def test_nextcloud_moves_cancels_and_adds():
    (row,) = convert("nextcloud").values()
    assert row["rule"]["recurrenceOverrides"] == {
        "2025-02-28T18:00:00": {}, "2025-03-31T18:00:00": {"start": "2025-04-01T18:00:00", "title": "Backups, late"},
        "2025-05-31T18:00:00": {"excluded": True}}
    assert row["notes"][0] == "EXDATE: 20250331T180000 is an instance of its own, and stays"
    assert occurrences(row, 4) == ["2025-01-31T17:00:00Z", "2025-02-28T17:00:00Z", "2025-04-01T16:00:00Z",
                                   "2025-07-31T16:00:00Z"]


def test_thunderbird_and_what_is_no_rule_of_ours():
    rows = convert("thunderbird", expect=FOUND)
    assert rows["tb-1"]["time_zone"] == "Europe/Paris" and rows["tb-1"]["component"] == "VTODO"
    assert rows["tb-2"]["start"] == "2025-01-15T12:00:00"
    assert rows["tb-2"]["notes"] == ["it has no DTSTART: its DUE is the start",
                                     "its times name no zone: the user's will be taken, or that of timeZone"]
    assert rows["tb-3"]["error"] == "RRULE: given twice, make two templates of it"
    assert rows["tb-4"]["error"] == "RECURRENCE-ID: an instance of a series that is not in the file"
    assert occurrences(rows["tb-5"]) == ["2025-01-01T20:00:00Z", "2025-01-09T20:00:00Z", "2025-01-11T20:00:00Z"]
    text = run_ctl(None, "convert", CALENDARS / "thunderbird.ics", expect=FOUND).text
    assert "not converted  RRULE: given twice" in text and "every 3 days at 20:00, Europe/Paris" in text


@pytest.mark.parametrize("text", [
    "BEGIN:VEVENT\nDTSTART;TZID=Europe/Berlin:20250101T090000\nRRULE:FREQ=DAILY\nEND:VEVENT",
    "  BEGIN:VEVENT\n  DTSTART;TZID=Europe/Berlin:20250101T090000\n  RRULE:FREQ=DA\n   ILY\n  END:VEVENT\n",
    "\ufeffDTSTART;TZID=europe/berlin:20250101T090000\r\nRRULE:FREQ=DAILY;\r\n\r\n",
    "begin:vtodo\ndtstart;tzid=\"W. Europe Standard Time\":20250101T090000\nrrule:freq=daily\nend:vtodo\n",
])
def test_what_is_pasted_needs_no_calendar_around_it(text):
    (row,) = convert_text(text).json
    assert row["rule"] == {"frequency": "daily", "timeZone": "Europe/Berlin"}
    assert row["next_due_at"] == "2025-01-01T08:00:00Z"


EVENT = "BEGIN:VEVENT\nUID:1\nDTSTART:20250101T090000Z\nRRULE:FREQ=DAILY;COUNT=3\n{}END:VEVENT\n"


@pytest.mark.parametrize("lines, note", [
    ("DTEND:20250101T100000Z\nATTENDEE:mailto:a@example.org\nattendee:mailto:b@example.org\n",
     "not carried over: DTEND, ATTENDEE"),
    ("STATUS:CANCELLED\n", "it is CANCELLED (STATUS, or METHOD of its calendar)"),
    ("END:VEVENT\nBEGIN:VEVENT\nUID:1\nRECURRENCE-ID;RANGE=THISANDFUTURE:20250102T090000Z\nDTSTART:20250102T100000Z\n",
     "RANGE: all behind 2025-01-02T09:00:00 are changed in the calendar, here that one alone"),
    ("END:VEVENT\nBEGIN:VEVENT\nUID:1\nRECURRENCE-ID:20250102T090000Z\nSUMMARY:" + "x" * 300 + "\n",
     "an instance's title was longer than 200 characters"),
])
def test_what_is_left_out_is_told(lines, note):
    (row,) = convert_text(EVENT.format(lines)).json
    assert note in row["notes"]


def test_a_start_that_is_none_of_its_rule_is_told():
    text = "DTSTART:20250101T090000Z\nRRULE:FREQ=WEEKLY;BYDAY=MO"
    (row,) = convert_text(text).json
    assert row["next_due_at"] == "2025-01-06T09:00:00Z"
    assert any(note.startswith("DTSTART is none of its rule's") for note in row["notes"])


@pytest.mark.parametrize("until, note", [
    ("20250103", False), ("20250103T000000Z", True), ("20250103T235959Z", True), ("20250103T000000", True)])
def test_a_series_of_dates_lasts_through_the_date_of_its_until(until, note):
    """Midnight in UTC was taken for an instant, and the last day was lost where its time is later."""
    text = f"DTSTART;VALUE=DATE:20250101\nRRULE:UNTIL={until};FREQ=DAILY;"
    (row,) = convert_text(text, "--time", "09:30").json
    assert row["rule"]["until"] == "2025-01-03T23:59:59"
    assert any(line == f"UNTIL: of {until} the date is taken, as of DTSTART" for line in row["notes"]) == note


def test_z_beside_a_zone_is_told():
    (row,) = convert_text("DTSTART;TZID=Europe/Berlin:20250101T090000Z\nRRULE:FREQ=DAILY").json
    assert row["notes"][0] == "DTSTART: of Z and TZID=Europe/Berlin, which say different things, Z is taken"


def test_dates_of_a_series_without_a_zone_stay_what_they_are():
    text = "DTSTART:20250101T090000\nRRULE:FREQ=DAILY\nEXDATE:20250102T090000\nEXDATE:20250103T080000Z"
    (row,) = convert_text(text).json
    assert row["rule"]["recurrenceOverrides"] == {
        "2025-01-02T09:00:00": {"excluded": True}, "2025-01-03T08:00:00Z": {"excluded": True}}


@pytest.mark.parametrize("text, error", [
    ("RRULE:FREQ=DAILY", "DTSTART: is missing; recurctl next understands a rule without it"),
    ("DTSTART:yesterday\nRRULE:FREQ=DAILY", 'DTSTART: expected a date or a date with a time, got "yesterday"'),
    ("DTSTART:20250101T090000Z\nRRULE:W1 MO #0", "recurrence_rule.rrule: unknown part"),
    ("DTSTART:20250101T090000Z\nRRULE:FREQ=DAILY\nEXRULE:FREQ=WEEKLY", "EXRULE: "),
    ("DTSTART:20250101T090000Z\nRRULE:FREQ=DAILY\nEXDATE:never", "EXDATE: expected a date"),
    ('DTSTART;TZID="Mars":20250101T090000\nRRULE:FREQ=DAILY',
     'TZID: unknown zone "Mars", and no VTIMEZONE describes it'),
])
def test_a_series_that_cannot_be_converted_says_why(text, error):
    (row,) = convert_text(text, expect=FOUND).json
    assert row["rule"] is None and row["error"].startswith(error), row["error"]


GOOD = EVENT.format("")


EXPECTED = "expected iCalendar text, which begins with BEGIN:VCALENDAR"
CUT = "a part of the file is missing; what stands before it is above"


@pytest.mark.parametrize("data, error", [
    (b"", "empty; " + EXPECTED),
    (b"\xef\xbb\xbf \r\n\r\n", "empty; " + EXPECTED),
    (b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj\n", "it is a PDF; " + EXPECTED),
    (b"PK\x03\x04\x14\0\0\0", "it is a zip archive: take the .ics files out of it first; " + EXPECTED),
    (b"\x1f\x8b\x08\0\0", "it is compressed: gunzip it first"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0", "it is a file of Outlook (.msg) or Office: save it as iCalendar"),
    (b"\n<!DOCTYPE html>\n<html>", "it is HTML or XML, such as a page to sign in; " + EXPECTED),
    (b"BEGIN:VCARD\nFN:Ada\nEND:VCARD\n", "it is a vCard, which holds people"),
    (b'["vcalendar", [], []]', "it is JSON, as of jCal"),
    (b"Subject,Start Date\nBins,01/02/2025\n", "none of its lines is one of an event; " + EXPECTED),
    (b'{"frequency": "daily"}', "recurctl next shows what it means"),
    (b"FREQ=DAILY", "recurctl next shows what it means"),
    (b"0 9 * * mon-fri\n", "none of its lines is one of an event"),
    (b"Content-Type: text/calendar\n\n" + GOOD.encode(), "something stands before its BEGIN:VEVENT: take that away"),
    (b"BEGIN:VCALENDAR\nEND:VCALENDAR", "nothing in it recurs (single events and tasks: 0)"),
    (b"DTSTART:20250101T090000Z", "nothing in it recurs (single events and tasks: 1)"),
    (b"BEGIN:VEVENT\0", "holds NUL bytes"),
    (GOOD.encode("utf-16"), "UTF-16, expected UTF-8"),
])
def test_what_is_no_calendar_is_told(data, error):
    answer = convert_text(data, expect=DATA)
    assert error in answer.errors and answer.text == ""


@pytest.mark.parametrize("data, error, rows", [
    ("BEGIN:VCALENDAR\n" + GOOD + GOOD[:60], "the text ends within a VEVENT (UID 1), before its END: " + CUT, 1),
    ("BEGIN:VCALENDAR\n" + GOOD + "BEGIN:VEVENT\nUID:2\nSUMMARY:M\udcc3", "within a VEVENT (UID 2), before its END: " + CUT, 1),
    ("BEGIN:VCALENDAR\n" + GOOD, "the text ends within a VCALENDAR, before its END: " + CUT, 1),
    ("BEGIN:VCALENDAR\n" + GOOD + "END:VCAL", "behind a VCALENDAR, whose END is missing; what stands before it is above", 1),
    ("BEGIN:VCALENDAR\n" + GOOD.replace("END:VEVENT\n", "") + GOOD + "END:VCALENDAR\n",
     "another component within a VEVENT (UID 1), whose END is missing; nothing before it recurs", 0),
    ("BEGIN:VCALENDAR\n" + GOOD.replace("END:VEVENT\n", "END:VCALENDAR\n"),
     "the text goes on behind a VEVENT (UID 1), whose END is missing; nothing before it recurs", 0),
    ("BEGIN:VCALENDAR\n" + GOOD + "END:VEVENT\n", "behind a VCALENDAR, whose END is missing", 1),
    (GOOD.partition("\n")[2] + GOOD.partition("\n")[2], "END:VEVENT without its BEGIN; what stands before it is above", 1),
    ("BEGIN:X\n" * 100, "BEGIN:X: nested too deeply; nothing before it recurs", 0),
    ("BEGIN:V\x1b[2JENT\n", "the text ends within a V", 0),
])
def test_a_file_that_is_cut_off_is_told(data, error, rows):
    """A download or a paste that broke off: what is whole is converted, and what is not is named."""
    answer = convert_text(data.encode(errors="surrogateescape"), expect=DATA)
    assert error in answer.errors and "\x1b" not in answer.errors
    assert len(answer.json) == rows


def event(*lines):
    return "\n".join(["BEGIN:VEVENT", "UID:1", *lines, "END:VEVENT", ""])


RULE = ("DTSTART:20250101T090000Z", "RRULE:FREQ=DAILY;COUNT=3")
NEWER = ("SUMMARY:newer", "DTSTART:20250101T100000Z", "RRULE:FREQ=DAILY;COUNT=3")


@pytest.mark.parametrize("new, old", [
    (["SEQUENCE:10"], ["SEQUENCE:9"]),
    (["SEQUENCE:1"], []),
    (["SEQUENCE:2", "DTSTAMP:20240101T000000Z"], ["SEQUENCE:1", "DTSTAMP:20250101T000000Z"]),
    (["DTSTAMP:20250101T000000Z"], ["DTSTAMP:20240101T000000Z"]),
    (["DTSTAMP:20250101T000000Z"], ["DTSTAMP:19990101T000000Z", "SEQUENCE:soon"]),
])
def test_the_newest_version_of_a_series_counts(new, old):
    """RFC 5546: the higher SEQUENCE, then the later DTSTAMP, wherever they stand in the file.  It was whatever came last."""
    for text in (event(*new, *NEWER) + event(*old, *RULE), event(*old, *RULE) + event(*new, *NEWER)):
        (row,) = convert_text(text).json
        assert (row["title"], row["next_due_at"]) == ("newer", "2025-01-01T10:00:00Z")
        assert row["notes"][0].startswith("of its 2 versions in the file the newest is taken")


def test_of_two_that_say_nothing_of_it_the_later_one_counts():
    (row,) = convert_text(event(*RULE) + event(*NEWER)).json
    assert row["title"] == "newer"


def test_series_without_uid_are_no_versions_of_each_other():
    text = (event(*RULE) + event(*NEWER)).replace("UID:1\n", "")
    assert [row["title"] for row in convert_text(text).json] == [None, "newer"]


def test_a_series_that_recurs_no_more_or_is_called_off():
    single = event("SEQUENCE:1", "DTSTART:20250101T100000Z")
    for text in (event(*RULE) + single, single + event(*RULE)):
        (row,) = convert_text(text, expect=FOUND).json
        assert row["error"] == "its newest version (SEQUENCE 1) does not recur any more"
    (row,) = convert_text(event(*RULE) + event("SEQUENCE:1", "STATUS:CANCELLED"), expect=FOUND).json
    assert row["error"] == "its newest version (SEQUENCE 1) is CANCELLED"
    (row,) = convert_text(event("DTSTART:20250101T100000Z") + event(*RULE) + event("DTSTART:20250101T100000Z")).json
    assert row["rule"]["count"] == 3, "a single event of the same UID that is not newer"


MOVED = ("RECURRENCE-ID:20250102T090000Z", "DTSTART:20250102T120000Z")
KEPT = ("RECURRENCE-ID;TZID=Europe/Berlin:20250102T100000", "DTSTART:20250102T110000Z", "SUMMARY:kept")


@pytest.mark.parametrize("new, override", [
    (["SEQUENCE:3", *KEPT], {"start": "2025-01-02T11:00:00", "title": "kept"}),
    (["SEQUENCE:3", *KEPT, "STATUS:CANCELLED"], {"excluded": True}),
])
def test_the_newest_version_of_an_instance_counts(new, override):
    for instances in ((new, MOVED), (MOVED, new), (new, ["SEQUENCE:2", *MOVED, "STATUS:CANCELLED"])):
        (row,) = convert_text(event(*RULE) + "".join(event(*lines) for lines in instances)).json
        assert row["rule"]["recurrenceOverrides"] == {"2025-01-02T09:00:00": override}


def test_a_calendar_that_cancels():
    """METHOD:CANCEL stands for the STATUS of what is in it, and for that of no other calendar in the file."""
    cancels = "BEGIN:VCALENDAR\nMETHOD:CANCEL\n{}END:VCALENDAR\n"
    plain = "BEGIN:VCALENDAR\n" + event(*RULE) + "END:VCALENDAR\n"
    (row,) = convert_text(cancels.format(event("SEQUENCE:1", *MOVED)) + plain).json
    assert row["rule"]["recurrenceOverrides"] == {"2025-01-02T09:00:00": {"excluded": True}}
    assert not any("CANCEL" in note for note in row["notes"])
    (row,) = convert_text(cancels.format(event(*RULE))).json
    assert "it is CANCELLED (STATUS, or METHOD of its calendar)" in row["notes"]
    (row,) = convert_text(plain + cancels.format(event("SEQUENCE:1")), expect=FOUND).json
    assert row["error"] == "its newest version (SEQUENCE 1) is CANCELLED"


def test_bytes_that_are_no_text_are_shown_as_such():
    (row,) = convert_text(GOOD.replace("UID:1", "SUMMARY:M\udcfcll\x1b[2J").encode(errors="surrogateescape")).json
    assert row["title"] == "M\ufffdll\x1b[2J"


def test_too_much_is_told():
    many = GOOD.replace("END:VEVENT", "EXDATE:" + "20250101T090000Z," * 5000 + "\nEND:VEVENT")
    (row,) = convert_text(many, expect=FOUND).json
    assert row["error"].startswith("its lines are longer than the 65536 bytes of a rule")
    zones = "BEGIN:VCALENDAR\n" + GOOD + "BEGIN:VTIMEZONE\nEND:VTIMEZONE\n" * 100_000
    assert "more than 100000 series, exceptions and zones" in convert_text(zones, expect=DATA).errors
    assert "larger than 64 MB" in convert_text(b"x" * (64 << 20) + b"x", expect=DATA).errors


def test_a_million_events_are_read_in_a_second_or_two():
    data = b"BEGIN:VCALENDAR\n" + b"BEGIN:VEVENT\nEND:VEVENT\n" * 1_000_000 + GOOD.encode() + b"END:VCALENDAR\n"
    (row,) = convert_text(data).json
    assert row["uid"] == "1"


def test_arguments(tmp_path):
    assert "expected a time of day like 09:30" in run_ctl(None, "convert", "--time", "9", expect=USAGE).errors
    assert "unknown time zone" in run_ctl(None, "convert", "--zone", "Mars/Olympus", expect=DATA).errors
    assert "No such file" in run_ctl(None, "convert", tmp_path / "none.ics", expect=DATA).errors
    assert "directory" in run_ctl(None, "convert", tmp_path, expect=DATA).errors
    run_ctl(None, "convert", "a", "b", expect=USAGE)
