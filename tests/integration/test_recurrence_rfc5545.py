"""The 42 examples of RFC 5545 section 3.8.5.3, through `recurctl expand`, as DTSTART and RRULE lines.

Starts are 9:00 in New York.  Expected dates are written as "1997 9/2,4 10/1": year, then month/days; a
time other than 9:00 as "9/2@1215".  A rule without end is compared as far as is written.
"""

import datetime as dt
import json
import subprocess
import zoneinfo

import pytest

from harness.util import BUILD

RECURCTL = BUILD / "recurctl"
NEW_YORK = zoneinfo.ZoneInfo("America/New_York")
WORKDAY_HOURS = ",".join(str(h) for h in range(9, 17))
TWENTY_MINUTES = " ".join(
    f"9/{day}@{hour:02}{minute:02}" for day in (2, 3) for hour in range(9, 17) for minute in (0, 20, 40)
)
JANUARIES = " ".join(f"{year} 1/{','.join(str(d) for d in range(1, 32))}" for year in (1998, 1999, 2000))
TO_CHRISTMAS = "1997 9/{} 10/{} 11/{} 12/{}".format(
    *(",".join(map(str, range(*span))) for span in ((2, 31), (1, 32), (1, 31), (1, 24)))
)

# (name, start, rule, expected, whether the set ends with it)
EXAMPLES = [
    ("daily for 10 occurrences", "19970902", "FREQ=DAILY;COUNT=10", "1997 9/2,3,4,5,6,7,8,9,10,11", True),
    ("daily until Christmas Eve", "19970902", "FREQ=DAILY;UNTIL=19971224T000000Z", TO_CHRISTMAS, True),
    ("every other day", "19970902", "FREQ=DAILY;INTERVAL=2", "1997 9/2,4,6,8,10,12,14,16,18,20,22,24,26,28,30 10/2,4", False),
    ("every 10 days, 5 occurrences", "19970902", "FREQ=DAILY;INTERVAL=10;COUNT=5", "1997 9/2,12,22 10/2,12", True),
    ("every day in January, yearly", "19980101", "FREQ=YEARLY;UNTIL=20000131T140000Z;BYMONTH=1;BYDAY=SU,MO,TU,WE,TH,FR,SA", JANUARIES, True),
    ("every day in January, daily", "19980101", "FREQ=DAILY;UNTIL=20000131T140000Z;BYMONTH=1", JANUARIES, True),
    ("weekly for 10 occurrences", "19970902", "FREQ=WEEKLY;COUNT=10", "1997 9/2,9,16,23,30 10/7,14,21,28 11/4", True),
    ("weekly until Christmas Eve", "19970902", "FREQ=WEEKLY;UNTIL=19971224T000000Z", "1997 9/2,9,16,23,30 10/7,14,21,28 11/4,11,18,25 12/2,9,16,23", True),
    ("every other week", "19970902", "FREQ=WEEKLY;INTERVAL=2;WKST=SU", "1997 9/2,16,30 10/14,28 11/11,25 12/9,23 1998 1/6,20 2/3,17", False),
    ("Tuesday and Thursday for five weeks, until", "19970902", "FREQ=WEEKLY;UNTIL=19971007T000000Z;WKST=SU;BYDAY=TU,TH", "1997 9/2,4,9,11,16,18,23,25,30 10/2", True),
    ("Tuesday and Thursday for five weeks, count", "19970902", "FREQ=WEEKLY;COUNT=10;WKST=SU;BYDAY=TU,TH", "1997 9/2,4,9,11,16,18,23,25,30 10/2", True),
    ("every other week, three days, until Christmas Eve", "19970901", "FREQ=WEEKLY;INTERVAL=2;UNTIL=19971224T000000Z;WKST=SU;BYDAY=MO,WE,FR", "1997 9/1,3,5,15,17,19,29 10/1,3,13,15,17,27,29,31 11/10,12,14,24,26,28 12/8,10,12,22", True),
    ("every other week, two days, 8 occurrences", "19970902", "FREQ=WEEKLY;INTERVAL=2;COUNT=8;WKST=SU;BYDAY=TU,TH", "1997 9/2,4,16,18,30 10/2,14,16", True),
    ("the first Friday, 10 occurrences", "19970905", "FREQ=MONTHLY;COUNT=10;BYDAY=1FR", "1997 9/5 10/3 11/7 12/5 1998 1/2 2/6 3/6 4/3 5/1 6/5", True),
    ("the first Friday until Christmas Eve", "19970905", "FREQ=MONTHLY;UNTIL=19971224T000000Z;BYDAY=1FR", "1997 9/5 10/3 11/7 12/5", True),
    ("every other month, first and last Sunday", "19970907", "FREQ=MONTHLY;INTERVAL=2;COUNT=10;BYDAY=1SU,-1SU", "1997 9/7,28 11/2,30 1998 1/4,25 3/1,29 5/3,31", True),
    ("the second to last Monday", "19970922", "FREQ=MONTHLY;COUNT=6;BYDAY=-2MO", "1997 9/22 10/20 11/17 12/22 1998 1/19 2/16", True),
    ("the third to last day", "19970928", "FREQ=MONTHLY;BYMONTHDAY=-3", "1997 9/28 10/29 11/28 12/29 1998 1/29 2/26", False),
    ("the 2nd and 15th", "19970902", "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=2,15", "1997 9/2,15 10/2,15 11/2,15 12/2,15 1998 1/2,15", True),
    ("the first and the last day", "19970930", "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=1,-1", "1997 9/30 10/1,31 11/1,30 12/1,31 1998 1/1,31 2/1", True),
    ("every 18 months, the 10th to the 15th", "19970910", "FREQ=MONTHLY;INTERVAL=18;COUNT=10;BYMONTHDAY=10,11,12,13,14,15", "1997 9/10,11,12,13,14,15 1999 3/10,11,12,13", True),
    ("every Tuesday, every other month", "19970902", "FREQ=MONTHLY;INTERVAL=2;BYDAY=TU", "1997 9/2,9,16,23,30 11/4,11,18,25 1998 1/6,13,20,27 3/3,10,17,24,31", False),
    ("yearly in June and July", "19970610", "FREQ=YEARLY;COUNT=10;BYMONTH=6,7", "1997 6/10 7/10 1998 6/10 7/10 1999 6/10 7/10 2000 6/10 7/10 2001 6/10 7/10", True),
    ("every other year in three months", "19970310", "FREQ=YEARLY;INTERVAL=2;COUNT=10;BYMONTH=1,2,3", "1997 3/10 1999 1/10 2/10 3/10 2001 1/10 2/10 3/10 2003 1/10 2/10 3/10", True),
    ("every third year, three days of it", "19970101", "FREQ=YEARLY;INTERVAL=3;COUNT=10;BYYEARDAY=1,100,200", "1997 1/1 4/10 7/19 2000 1/1 4/9 7/18 2003 1/1 4/10 7/19 2006 1/1", True),
    ("the 20th Monday of the year", "19970519", "FREQ=YEARLY;BYDAY=20MO", "1997 5/19 1998 5/18 1999 5/17", False),
    ("Monday of week 20", "19970512", "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO", "1997 5/12 1998 5/11 1999 5/17", False),
    ("every Thursday in March", "19970313", "FREQ=YEARLY;BYMONTH=3;BYDAY=TH", "1997 3/13,20,27 1998 3/5,12,19,26 1999 3/4,11,18,25", False),
    ("every Thursday in summer", "19970605", "FREQ=YEARLY;BYDAY=TH;BYMONTH=6,7,8", "1997 6/5,12,19,26 7/3,10,17,24,31 8/7,14,21,28 1998 6/4,11,18,25 7/2,9,16,23,30 8/6,13,20,27", False),
    ("Friday the 13th, without the start", "19970902", "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13\nEXDATE;TZID=America/New_York:19970902T090000", "1998 2/13 3/13 11/13 1999 8/13 2000 10/13", False),
    ("Saturday after the first Sunday", "19970913", "FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=7,8,9,10,11,12,13", "1997 9/13 10/11 11/8 12/13 1998 1/10 2/7 3/7 4/11 5/9 6/13", False),
    ("presidential elections", "19961105", "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8", "1996 11/5 2000 11/7 2004 11/2", False),
    ("the third of Tuesday, Wednesday, Thursday", "19970904", "FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3", "1997 9/4 10/7 11/6", True),
    ("the second to last weekday", "19970929", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2", "1997 9/29 10/30 11/27 12/30 1998 1/29 2/26 3/30", False),
    # The RFC's UNTIL of 17:00Z is a known erratum: 17:00 in New York is meant.
    ("every 3 hours from 9 to 5", "19970902", "FREQ=HOURLY;INTERVAL=3;UNTIL=19970902T210000Z", "1997 9/2@0900 9/2@1200 9/2@1500", True),
    ("every 15 minutes, 6 occurrences", "19970902", "FREQ=MINUTELY;INTERVAL=15;COUNT=6", "1997 9/2@0900 9/2@0915 9/2@0930 9/2@0945 9/2@1000 9/2@1015", True),
    ("every hour and a half, 4 occurrences", "19970902", "FREQ=MINUTELY;INTERVAL=90;COUNT=4", "1997 9/2@0900 9/2@1030 9/2@1200 9/2@1330", True),
    ("every 20 minutes of the working day, daily", "19970902", f"FREQ=DAILY;BYHOUR={WORKDAY_HOURS};BYMINUTE=0,20,40", f"1997 {TWENTY_MINUTES}", False),
    ("every 20 minutes of the working day, minutely", "19970902", f"FREQ=MINUTELY;INTERVAL=20;BYHOUR={WORKDAY_HOURS}", f"1997 {TWENTY_MINUTES}", False),
    ("weeks that start on Monday", "19970805", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO", "1997 8/5,10,19,24", True),
    ("weeks that start on Sunday", "19970805", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU", "1997 8/5,17,19,31", True),
    ("a day that February lacks", "20070115", "FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5", "2007 1/15,30 2/15 3/15,30", True),
]


def dates(text):
    for word in text.split():
        if "/" not in word:
            year = int(word)
            continue
        month, days = word.split("/")
        for day in days.split(","):
            day, _, clock = day.partition("@")
            clock = clock or "0900"
            yield dt.datetime(year, int(month), int(day), int(clock[:2]), int(clock[2:]))


def test_there_are_42():
    assert len(EXAMPLES) == 42


@pytest.mark.parametrize(("start", "rule", "expected", "ends"), [e[1:] for e in EXAMPLES], ids=[e[0] for e in EXAMPLES])
def test_example(start, rule, expected, ends):
    want = [
        d.replace(tzinfo=NEW_YORK).astimezone(dt.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ") for d in dates(expected)
    ]
    text = f"DTSTART;TZID=America/New_York:{start}T090000\nRRULE:{rule}\n"
    question = json.dumps({"rule": {"rrule": text}, "n": len(want) + ends})
    done = subprocess.run([RECURCTL, "expand"], input=question, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == {"occurrences": want}
