"""A network of its own for one program, joined to ours by one link that can be cut.  Needs root."""

import itertools
import json
import os
import shutil
import subprocess

_serial = itertools.count(1)
NOBODY = "02:00:00:00:de:ad"


def available():
    return os.geteuid() == 0 and shutil.which("ip") is not None


def ip(*words, ns=None):
    command = ["ip", *(["-n", ns] if ns else []), *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


class Link:
    """`here` and `there` are the addresses of its ends; a program started with `wrapper` lives there.

    cut() makes a black hole, as a dead switch does: frames leave and nobody takes them.  No carrier is
    lost, no error comes back.  `mute` is an address in the program's network that never answered anything.
    """

    def __init__(self):
        number = next(_serial)
        pid = os.getpid()
        self.ns = f"rcd-{pid}-{number}"
        self.ends = f"rcd{pid}h{number}"[-15:], f"rcd{pid}n{number}"[-15:]
        net = f"10.{100 + pid // 250 % 100}.{pid % 250}."
        base = 8 * (number % 30)
        self.here, self.there, self.mute = (f"{net}{base + n}" for n in (1, 2, 3))
        self.wrapper = ["ip", "netns", "exec", self.ns]
        ip("netns", "add", self.ns)
        ip("link", "add", self.ends[0], "type", "veth", "peer", "name", self.ends[1], "netns", self.ns)
        ip("addr", "add", f"{self.here}/29", "dev", self.ends[0])
        ip("addr", "add", f"{self.there}/29", "dev", self.ends[1], ns=self.ns)
        ip("link", "set", self.ends[0], "up")
        for device in ("lo", self.ends[1]):
            ip("link", "set", device, "up", ns=self.ns)
        self._macs = [
            json.loads(ip("-j", "link", "show", end, ns=ns))[0]["address"]
            for end, ns in zip(self.ends, (None, self.ns))
        ]
        self.resume()
        self._neighbour(self.mute, NOBODY, self.ends[1], self.ns)

    def _neighbour(self, address, mac, device, ns=None):
        ip("neigh", "replace", address, "lladdr", mac, "nud", "permanent", "dev", device, ns=ns)

    def cut(self):
        self._neighbour(self.here, NOBODY, self.ends[1], self.ns)
        self._neighbour(self.there, NOBODY, self.ends[0])

    def resume(self):
        self._neighbour(self.here, self._macs[0], self.ends[1], self.ns)
        self._neighbour(self.there, self._macs[1], self.ends[0])

    def close(self):
        subprocess.run(["ip", "netns", "del", self.ns], check=False)
        subprocess.run(["ip", "link", "del", self.ends[0]], check=False, stderr=subprocess.DEVNULL)
