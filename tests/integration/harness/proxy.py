"""A TCP proxy between recurd and its database that can break as networks do."""

import selectors
import socket
import struct
import threading
import time

from .util import free_port

COMMITTED = b"C\0\0\0\x0bCOMMIT\0"  # CommandComplete


class Proxy:
    """Forwards host:port to a server.  What breaks, and how it looks from the client:

    stall()      connections stay up and nothing passes in either direction any more; new ones are
                 accepted and hear nothing (a mute host)
    cut()        every connection is reset
    refuse()     cut, and new connections are refused
    lag(seconds) what passes takes so long, each way
    swallow(n)   the next n replies to a COMMIT never arrive: the server has committed, the connection is
                 reset; swallowed counts
    resume()     all is well again; what a stall held back is delivered

    stall_on=(b"...",) stalls by itself, once, when the client sends one of these; it and what follows is not delivered
    before resume().

    rewrite: (old, new) of equal length, or a list of such pairs, replaced in what the client sends: makes a mutant of a program
    without building one.  rewritten counts.
    """

    def __init__(self, host, port, rewrite=None, listen="127.0.0.1"):
        self.target = (host, port)
        self.host = listen
        self.rewrite = rewrite
        self.rewritten = 0
        self.swallowed = 0
        self._swallow = 0
        assert all(len(old) == len(new) for old, new in ([rewrite] if isinstance(rewrite, tuple) else rewrite or []))
        self.port = free_port()
        self.accepted = 0
        self.bytes_to_server = 0
        self.stall_on = ()
        self._lag = 0
        self._late = []  # (when, to, from, data): what is under way while there is a lag
        self._stalled = False
        self._peers = {}
        self._listener = None
        self._commands = []
        self._selector = selectors.DefaultSelector()
        self._wake_in, self._wake_out = socket.socketpair()
        self._selector.register(self._wake_out, selectors.EVENT_READ)
        self._lock = threading.Lock()
        self._listen()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def dsn_for(self, db, user="postgres"):
        return f"host={self.host} port={self.port} dbname={db.name} user={user}"

    def stall(self):
        self._do(self._stall)

    def cut(self):
        self._do(self._cut_all)

    def refuse(self):
        self._do(self._refuse)

    def lag(self, seconds):
        self._do(lambda: setattr(self, "_lag", seconds))

    def resume(self):
        self._do(self._resume)

    @property
    def is_stalled(self):
        return self._stalled

    def swallow(self, count):
        self._swallow = count

    @property
    def stalled(self):
        return self._stalled

    def close(self):
        self._do(self._refuse)
        self._do(None)
        self._thread.join(5)

    # The loop's side ------------------------------------------------------------------------------

    def _do(self, command):
        done = threading.Event()
        with self._lock:
            self._commands.append((command, done))
        self._wake_in.send(b"x")
        assert done.wait(10), "proxy's thread is gone"

    def _listen(self):
        self._listener = socket.create_server((self.host, self.port), backlog=64)
        self._selector.register(self._listener, selectors.EVENT_READ)

    def _stall(self):
        if self._stalled:
            return
        self._stalled = True
        for end in list(self._peers):
            self._selector.unregister(end)

    def _resume(self):
        self._lag = 0
        if self._listener is None:
            self._listen()
        if self._stalled:
            self._stalled = False
            self._deliver()  # also what somebody sent who is no more
            for end in list(self._peers):
                self._selector.register(end, selectors.EVENT_READ)

    def _cut_all(self):
        for end in list(self._peers):
            self._drop(end, reset=True)

    def _refuse(self):
        if self._listener is not None:
            self._selector.unregister(self._listener)
            self._listener.close()
            self._listener = None
        self._cut_all()

    def _accept(self):
        client, _ = self._listener.accept()
        self.accepted += 1
        try:
            server = socket.create_connection(self.target, timeout=5)
        except OSError:
            client.close()
            return
        for end, other in ((client, server), (server, client)):
            end.settimeout(5)
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._peers[end] = (other, end is client)
            if not self._stalled:
                self._selector.register(end, selectors.EVENT_READ)

    def _drop(self, end, reset=False):
        peer = self._peers.pop(end, None)
        if peer is None:
            return
        if not self._stalled:
            self._selector.unregister(end)
        if reset:
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        end.close()
        self._drop(peer[0], reset)

    def _forward(self, end):
        other, from_client = self._peers[end]
        try:
            data = end.recv(65536)
            if data and not from_client and self._swallow and COMMITTED in data:
                self._swallow -= 1
                self.swallowed += 1
                self._drop(end, reset=True)
                return
            if data:
                if from_client and self.rewrite:
                    for old, new in [self.rewrite] if isinstance(self.rewrite, tuple) else self.rewrite:
                        self.rewritten += data.count(old)
                        data = data.replace(old, new)
                if from_client and any(mark in data for mark in self.stall_on):
                    self.stall_on = ()
                    self._stall()
                if self._lag or self._late or self._stalled:
                    self._late.append((time.monotonic() + self._lag, other, end, data))
                else:
                    other.sendall(data)
                if from_client:
                    self.bytes_to_server += len(data)
                return
        except OSError:
            pass
        self._drop(end)

    def _deliver(self):
        while self._late and not self._stalled and self._late[0][0] <= time.monotonic():
            _, other, end, data = self._late.pop(0)
            try:
                if other in self._peers:
                    other.sendall(data)
            except OSError:
                self._drop(end)

    def _patience(self):
        if not self._late or self._stalled:
            return None
        return max(0, self._late[0][0] - time.monotonic())

    def _run(self):
        while True:
            for key, _ in self._selector.select(self._patience()):
                if key.fileobj is self._wake_out:
                    self._wake_out.recv(4096)
                elif key.fileobj is self._listener:
                    self._accept()
                elif key.fileobj in self._peers and not self._stalled:
                    self._forward(key.fileobj)
            self._deliver()
            with self._lock:
                commands, self._commands = self._commands, []
            for command, done in commands:
                if command:
                    command()
                done.set()
                if command is None:
                    return
