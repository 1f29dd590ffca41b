"""A running recurd: its configuration, its log lines as dicts, its life signs to systemd, its end."""

import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import psycopg

from .notify import NotifySocket
from .util import BUILD, IS_SANITIZED, PATIENCE, SLOWNESS, clean_environ, spawn, steady, wait_until

SANITIZER = re.compile(r"(Address|Leak|Thread|UndefinedBehavior)Sanitizer|runtime error:|Assertion .* failed")
LINE = re.compile(r"^<(\d)>(.*)$")
SANITIZER_OPTIONS = "exitcode=99:detect_leaks=1:abort_on_error=0"
# With it the sanitizer keeps little of what was freed, so that growth is a program's own.
FORGETFUL = {"ASAN_OPTIONS": f"{SANITIZER_OPTIONS}:quarantine_size_mb=1:thread_local_quarantine_size_kb=64"}
PAIR = re.compile(r'([A-Za-z_][A-Za-z0-9_.]*)=(?:"((?:[^"\\]|\\.)*)"|([^ "=\\]*))(?: |$)')
ESCAPE = re.compile(r"((?:\\x[0-9a-f]{2})+)|\\(.)")


def unescape(text):
    """\\xNN is a byte: several may be one character."""
    return ESCAPE.sub(lambda m: bytes.fromhex(m[1].replace("\\x", "")).decode(errors="backslashreplace") if m[1] else m[2], text)


def parse_logfmt(text):
    """The pairs of one line, in order; ValueError where it is not exactly logfmt."""
    pairs, at = {}, 0
    while at < len(text):
        match = PAIR.match(text, at)
        if not match:
            raise ValueError(f"not logfmt at {at}: {text!r}")
        key, quoted, plain = match.groups()
        if key in pairs:
            raise ValueError(f"key {key} twice: {text!r}")
        pairs[key] = unescape(quoted) if quoted is not None else plain
        at = match.end()
    if not pairs:
        raise ValueError("empty line")
    return pairs


class Event(dict):
    """One log line.  priority as in syslog(3); received: our monotonic clock; raw: the line."""

    def __init__(self, pairs, priority, raw):
        super().__init__(pairs)
        self.priority = priority
        self.raw = raw
        self.received = time.monotonic()

    def matches(self, event=None, **fields):
        return _matches(self, event, fields)


def program(name):
    path = BUILD / name
    if not path.exists():
        raise RuntimeError(f"{path} is not built")
    return path


# What decides what is made is no option of a process, but a column of recurd.settings.
SETTINGS = ("default_time_zone", "min_interval", "catch_up_limit", "default_catch_up", "default_catch_up_window",
            "catch_up_grace", "adopt_backlog", "notify_task_created",
            "notification_retention")


def apply_settings(options, dsn):
    """Settings among the options go into the database; returns the rest.  None stands for the default."""
    wanted = {key: options[key] for key in SETTINGS if key in options}
    if wanted:
        with psycopg.connect(dsn, autocommit=True, application_name="harness") as conn:
            columns = ", ".join(f"{key} = %s" for key in wanted)
            conn.execute(f"update recurd.settings set {columns}", list(wanted.values()))
    return {key: value for key, value in options.items() if key not in wanted}


def config_text(options):
    lines = []
    for key, value in options.items():
        if value is None:
            continue
        if isinstance(value, bool):
            value = "on" if value else "off"
        lines.append('%s = "%s"\n' % (key, str(value).replace("\\", "\\\\").replace('"', '\\"')))
    return "".join(lines)


class Recurd:
    """Recurd(db, batch_size=10) starts the daemon on a database; keywords are options of recurd.conf, or settings
    of that database, which they are made before it starts.

    `expect` awaits a log line.  stop() asserts a clean end: exit status 0, every line of standard error
    in the log's form, nothing reported by a sanitizer.  dsn overrides db's own; wrapper: a command
    prefix; foreground=False leaves the log to syslog.
    """

    NAME = "recurd"
    SERVES = "connected"  # the line that says that it has a database

    def __init__(self, db=None, *args, dsn=None, env=None, wrapper=(), foreground=True, **options):
        self.dir = Path(tempfile.mkdtemp(prefix="rcd-d-", dir="/tmp"))
        self.conf = self.dir / f"{self.NAME}.conf"
        self.foreground = foreground
        options = apply_settings(options, db and db.dsn)
        self.options = {"database_url": dsn or (db and db.dsn), **options}
        self.write_config()
        self.notify = NotifySocket(self.dir / "notify")
        self.events = []
        self.noise = []  # lines that are no log lines
        self._changed = threading.Condition()
        self.spare_fds = None  # at its end
        defaults = {
            "NOTIFY_SOCKET": self.notify.path,
            "ASAN_OPTIONS": SANITIZER_OPTIONS,
            "UBSAN_OPTIONS": "print_stacktrace=1:exitcode=99",
        }
        environ = clean_environ(**{**defaults, **(env or {})})
        argv = [*wrapper, program(self.NAME), "-c", self.conf, *(["--foreground"] if foreground else []), *args]
        self.process = spawn(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environ)
        self.started = time.monotonic()
        self.output = []
        self._readers = [
            threading.Thread(target=self._read_log, daemon=True),
            threading.Thread(target=self._read_output, daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    @property
    def pid(self):
        return self.process.pid

    # What it says ---------------------------------------------------------------------------------

    def _read_output(self):
        for line in self.process.stdout:
            self.output.append(line.decode(errors="replace"))

    def _read_log(self):
        for raw in self.process.stderr:
            text = raw.decode(errors="backslashreplace").rstrip("\n")
            match = LINE.match(text)
            try:
                event = Event(parse_logfmt(match[2]), int(match[1]), text) if match else None
            except ValueError:
                event = None
            with self._changed:
                if event is None:
                    self.noise.append(text)
                else:
                    self.events.append(event)
                self._changed.notify_all()

    def mark(self):
        """The place in the log from which a later expect or seen may start."""
        return len(self.events)

    def seen(self, event=None, since=0, **fields):
        """Log lines so far that have this event and these fields (a value may be a compiled pattern)."""
        return [line for line in self.events[since:] if _matches(line, event, fields)]

    def expect(self, event=None, timeout=PATIENCE, since=0, count=1, **fields):
        """Waits for the count-th such line and returns it; fails at once when the daemon has ended.

        A line that tells what was written (generated, reminder, ended, ...) stands before its COMMIT: what the
        database shows then is for wait_until.
        """
        timeout *= SLOWNESS
        deadline = time.monotonic() + timeout
        with self._changed:
            while True:
                found = self.seen(event, since, **fields)
                if len(found) >= count:
                    return found[count - 1]
                left = deadline - time.monotonic()
                ended = self.process.poll() is not None and not self._readers[0].is_alive()
                if left <= 0 or ended:
                    why = f"recurd ended with {self.process.returncode}" if ended else f"not within {timeout} s"
                    raise AssertionError(f"{why}: event={event} {fields}; its log:\n{self.log()}")
                self._changed.wait(min(left, 0.1))

    def log(self, last=60):
        return "\n".join([*(e.raw for e in self.events[-last:]), *self.noise[-last:]])

    def wait_ready(self, timeout=PATIENCE):
        """READY=1 to the service manager, and (as far as its log is ours) a database that it serves."""
        serves = lambda: not self.foreground or self.seen(self.SERVES)  # noqa: E731
        self._while_alive(lambda: self.notify.seen("READY") and serves(), timeout, "READY=1 and a database")
        return self

    def _while_alive(self, predicate, timeout, what):
        def alive_or_done():
            if predicate():
                return True
            if self.process.poll() is not None:
                raise AssertionError(f"recurd ended with {self.process.returncode} before {what}:\n{self.log()}")
            return False

        try:
            wait_until(alive_or_done, timeout, what)
        except AssertionError as error:
            raise AssertionError(f"{error}\nits log:\n{self.log()}") from None

    # What we tell it ------------------------------------------------------------------------------

    def write_config(self, text=None, **changes):
        """Rewrites the file: options with changes, or text as it stands.  Takes effect with reload()."""
        self.options.update(changes)
        self.conf.write_text(config_text(self.options) if text is None else text)
        os.chmod(self.conf, 0o644)
        os.chmod(self.dir, 0o755)

    def kill(self, sig=signal.SIGKILL):
        os.kill(self.process.pid, sig)

    def wait(self, timeout=PATIENCE):
        """Its exit status once it has ended; every line has been read then, and every datagram to the manager."""
        timeout *= SLOWNESS
        try:
            code = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"recurd still runs after {timeout} s:\n{self.log()}") from None
        for reader in self._readers:
            reader.join(PATIENCE)
        self.notify.drain()
        return code

    def stop(self, timeout=PATIENCE, status=0):
        if self.process.poll() is None:
            self.spare_fds = self.count_spare_fds()
            self.kill(signal.SIGTERM)
        code = self.wait(timeout)
        self.check_clean()
        assert code == status, f"exit status {code}, not {status}:\n{self.log()}"

    def check_clean(self):
        bad = [line for line in self.noise if SANITIZER.search(line)]
        assert not bad, "sanitizer or assertion:\n" + "\n".join(self.noise)
        assert not self.noise, "lines that are no log lines:\n" + "\n".join(self.noise)

    def dispose(self):
        """For a fixture's end: kills what still runs; a crash that no test looked at is a failure."""
        try:
            if self.process.poll() is None:
                self.kill(signal.SIGCONT)
                self.kill(signal.SIGTERM)
                try:
                    self.process.wait(PATIENCE * SLOWNESS)
                except subprocess.TimeoutExpired:
                    self.process.kill()
                    self.wait()
                    raise AssertionError(f"recurd did not end on SIGTERM:\n{self.log()}")
            self.wait()
            bad = [line for line in self.noise if SANITIZER.search(line)]
            assert not bad, "sanitizer or assertion:\n" + "\n".join(self.noise)
        finally:
            self.notify.close()
            shutil.rmtree(self.dir, ignore_errors=True)

    # What it costs --------------------------------------------------------------------------------

    def status_field(self, name):
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith(name + ":"):
                return line.split(":", 1)[1].strip()
        raise KeyError(name)

    def memory_kb(self, name="RssAnon"):
        return int(self.status_field(name).split()[0])

    def threads(self):
        return int(self.status_field("Threads"))

    def fds(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def steady_fds(self):
        """As a baseline: no zone file, session or resolver that is open for a moment is counted."""
        return steady(self.fds)

    def count_spare_fds(self):
        """Those beyond its sessions and the seven for itself.  What is open for a moment is given that moment."""
        needs = 7 + int(self.options.get("connections", 1)) + ("listen_dsn" in self.options)
        deadline = time.monotonic() + SLOWNESS
        while True:
            try:
                spare = self.fds() - needs
            except OSError:
                return None  # it has just ended
            if spare <= 2 or time.monotonic() > deadline:
                return spare
            time.sleep(0.01)

    def cpu_seconds(self):
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _matches(line, event, fields):
    if event is not None and line.get("event") != event:
        return False
    for key, wanted in fields.items():
        value = line.get(key)
        if isinstance(wanted, re.Pattern):
            if value is None or not wanted.search(value):
                return False
        elif value != str(wanted):
            return False
    return True


def run_recurd(*args, db=None, env=None, **options):
    """Runs recurd to its end (--check-config, --once, ...): the CompletedProcess, with text."""
    directory = tempfile.mkdtemp(prefix="rcd-r-", dir="/tmp")
    try:
        conf = Path(directory) / "recurd.conf"
        if db is not None:
            options = apply_settings(options, db.dsn)
            options.setdefault("database_url", db.dsn)
        conf.write_text(config_text(options))
        return run_program("recurd", "-c", conf, *args, env=env)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def once(db, **options):
    """recurd --once on a database: what is due is done, on the business clock as it stands.  Its log."""
    done = run_recurd("--foreground", "--once", db=db, **options)
    assert done.returncode == 0, done.stderr
    return parse_log(done.stderr)


def run_program(name, *args, env=None, timeout=100.0, input=None):
    environ = clean_environ(ASAN_OPTIONS="exitcode=99", UBSAN_OPTIONS="exitcode=99:print_stacktrace=1", **(env or {}))
    done = subprocess.run(
        [str(program(name)), *map(str, args)], capture_output=True, text=True, errors="backslashreplace",
        timeout=timeout * SLOWNESS, env=environ, input=input, stdin=subprocess.DEVNULL if input is None else None,
    )
    assert not SANITIZER.search(done.stderr), done.stderr
    return done


def parse_log(text):
    """The log lines of a program that ran with --foreground."""
    events = []
    for line in text.splitlines():
        match = LINE.match(line)
        if not match:
            raise ValueError(f"not a log line: {line!r}")
        events.append(Event(parse_logfmt(match[2]), int(match[1]), line))
    return events
