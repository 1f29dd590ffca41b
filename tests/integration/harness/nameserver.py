"""A name server that is mute until told to answer.  Needs root: port 53, and a private /etc/resolv.conf."""

import itertools
import os
import select
import socket
import threading

_serial = itertools.count(1)


class NameServer:
    """A program started with `wrapper` asks this one alone; it answers every name with 127.0.0.1."""

    def __init__(self, scratch):
        pid = os.getpid()
        address = f"127.{1 + pid // 250 % 250}.{pid % 250}.{next(_serial) % 250}"
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((address, 53))
        self._answering = threading.Event()
        self._ends = False
        resolv = scratch / "resolv.conf"
        resolv.write_text(f"nameserver {address}\n")
        self.wrapper = [
            "unshare", "-m", "--propagation", "private", "sh", "-c",
            'mount --bind "$1" /etc/resolv.conf; shift; exec "$@"', "sh", str(resolv),
        ]  # fmt: skip
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def answer(self):
        self._answering.set()

    def _run(self):
        self._answering.wait()
        while not self._ends:
            if not select.select([self._socket], [], [], 0.1)[0]:
                continue
            query, who = self._socket.recvfrom(512)
            # A copy of the question, then one A record; for AAAA there is none.
            end = query.index(b"\x00", 12)
            asks_a = query[end + 1 : end + 3] == b"\x00\x01"
            question = query[12 : end + 5]
            head = query[:2] + b"\x81\x80\x00\x01\x00" + bytes([asks_a]) + bytes(4)
            record = b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x01\x00\x04\x7f\x00\x00\x01" if asks_a else b""
            self._socket.sendto(head + question + record, who)

    def close(self):
        self._ends = True
        self._answering.set()
        self._thread.join(5)
        self._socket.close()
