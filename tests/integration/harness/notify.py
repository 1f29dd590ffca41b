"""Receivers of datagrams: systemd's notification socket, syslog's /dev/log."""

import os
import re
import socket
import threading
import time

from .util import PATIENCE, wait_until


DRAIN = b"\0drain"  # our own: what was sent before it has been read


class DatagramReceiver:
    """Collects what is sent to a Unix socket; `messages` are (monotonic time, text)."""

    def __init__(self, path):
        self.path = str(path)
        self.messages = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self._socket.bind(self.path)
        os.chmod(self.path, 0o666)
        self._drained = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self):
        while True:
            try:
                data = self._socket.recv(65536)
            except OSError:
                return
            if not data:
                return
            if data == DRAIN:
                self._drained.set()
                continue
            self.messages.append((time.monotonic(), data.decode(errors="backslashreplace")))

    def drain(self):
        """Everything that was sent before is in `messages` when this returns."""
        self._drained.clear()
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.sendto(DRAIN, self.path)
        assert self._drained.wait(PATIENCE), "the receiver's thread is gone"

    def close(self):
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._socket.close()
        self._thread.join(5)
        if os.path.exists(self.path):
            os.unlink(self.path)


class NotifySocket(DatagramReceiver):
    """sd_notify(3).  seen("READY") gives the values of that variable in the order they came."""

    def assignments(self):
        for at, text in list(self.messages):
            for line in text.split("\n"):
                if line:
                    key, _, value = line.partition("=")
                    yield at, key, value

    def seen(self, key):
        return [value for _, name, value in self.assignments() if name == key]

    def times(self, key):
        return [at for at, name, _ in self.assignments() if name == key]

    def expect(self, key, value=None, count=1, timeout=PATIENCE):
        def enough():
            values = [v for v in self.seen(key) if value is None or re.search(value, v)]
            return values[count - 1] if len(values) >= count else None

        return wait_until(enough, timeout, f"{key}={value or ''} to NOTIFY_SOCKET, among {self.messages}")


SYSLOG = re.compile(r"^<(\d+)>(\w{3} [ \d]\d \d\d:\d\d:\d\d) ([^\[:]+)(?:\[(\d+)\])?: (.*)$", re.S)


class SyslogReceiver(DatagramReceiver):
    """What syslog(3) sends: lines() are (facility, priority, ident, pid, text)."""

    def lines(self):
        parsed = []
        for _, text in list(self.messages):
            match = SYSLOG.match(text)
            assert match, f"not a syslog datagram: {text!r}"
            code, _, ident, pid, rest = match.groups()
            parsed.append((int(code) >> 3, int(code) & 7, ident, pid and int(pid), rest))
        return parsed


# A private mount namespace whose /dev/log is ours.  /dev itself may lack a log to mount over, so it is
# rebuilt: an empty tmpfs, the few devices that a program needs, and the socket.
_MOUNT_DEV = """
set -e
new=$1 log=$2; shift 2
mount -t tmpfs tmpfs "$new"
for device in null zero full random urandom tty; do
    : > "$new/$device"
    mount --bind "/dev/$device" "$new/$device"
done
mkdir "$new/shm"
if [ -d /dev/shm ]; then mount --bind /dev/shm "$new/shm"; fi
ln -s "$log" "$new/log"  # as systemd does: a socket that is replaced is found again
mount --rbind "$new" /dev
exec "$@"
"""


def with_dev_log(socket_path, scratch):
    """A command prefix that runs a program with socket_path as /dev/log.  Needs root."""
    new = os.path.join(scratch, "dev")
    os.makedirs(new, exist_ok=True)
    return ["unshare", "-m", "--propagation", "private", "sh", "-c", _MOUNT_DEV, "sh", new, str(socket_path)]
