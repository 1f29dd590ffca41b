"""A network of its own for one program, joined to ours by one link that can be cut.  Needs root."""

import itertools
import json
import os
import shutil
import subprocess

from .util import spawn, wait_until

_serial = itertools.count(1)
NOBODY = "02:00:00:00:de:ad"


def available():
    return os.geteuid() == 0 and shutil.which("ip") is not None


def ip(*words, inside=()):
    return subprocess.run([*inside, "ip", *words], check=True, capture_output=True, text=True).stdout


class Link:
    """`here` and `there` are the addresses of its ends; a program started with `wrapper` lives there.

    cut() makes a black hole, as a dead switch does: frames leave and nobody takes them.  No carrier is
    lost, no error comes back.  `mute` is an address in the program's network that never answered anything.
    """

    def __init__(self):
        number = next(_serial)
        pid = os.getpid()
        # The network is gone with this process, and that with us, also when we are killed.
        self._holder = spawn(["unshare", "-n", "sleep", "infinity"])
        ours = os.readlink("/proc/self/ns/net")
        theirs = f"/proc/{self._holder.pid}/ns/net"
        wait_until(lambda: os.readlink(theirs) != ours, what="a network namespace")
        self.wrapper = ["nsenter", f"--net={theirs}"]
        self.ends = f"rcd{pid}h{number}"[-15:], f"rcd{pid}n{number}"[-15:]
        net = f"10.{100 + pid // 250 % 100}.{pid % 250}."
        base = 8 * (number % 30)
        self.here, self.there, self.mute = (f"{net}{base + n}" for n in (1, 2, 3))
        ip("link", "add", self.ends[0], "type", "veth", "peer", "name", self.ends[1], "netns", str(self._holder.pid))
        ip("addr", "add", f"{self.here}/29", "dev", self.ends[0])
        ip("addr", "add", f"{self.there}/29", "dev", self.ends[1], inside=self.wrapper)
        ip("link", "set", self.ends[0], "up")
        for device in ("lo", self.ends[1]):
            ip("link", "set", device, "up", inside=self.wrapper)
        self._macs = [
            json.loads(ip("-j", "link", "show", end, inside=inside))[0]["address"]
            for end, inside in zip(self.ends, ((), self.wrapper))
        ]
        self.resume()
        self._neighbour(self.mute, NOBODY, self.ends[1], self.wrapper)

    def _neighbour(self, address, mac, device, inside=()):
        ip("neigh", "replace", address, "lladdr", mac, "nud", "permanent", "dev", device, inside=inside)

    def cut(self):
        self._neighbour(self.here, NOBODY, self.ends[1], self.wrapper)
        self._neighbour(self.there, NOBODY, self.ends[0])

    def resume(self):
        self._neighbour(self.here, self._macs[0], self.ends[1], self.wrapper)
        self._neighbour(self.there, self._macs[1], self.ends[0])

    def close(self):
        self._holder.kill()
        self._holder.wait()
