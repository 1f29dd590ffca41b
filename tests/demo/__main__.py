"""The demo: ./dev demo [--raw] [--stay]

    --raw    recurd's log lines as they are
    --stay   goes on after the last act, until Ctrl-C

RECURD_BUILD names the folder of the programs (default: build).
"""

import contextlib
import errno
import os
import signal
import sys

from acts import play


class Ended(BaseException):
    """By a signal."""

    def __init__(self, number):
        super().__init__()
        self.number = number


def end(number, _frame):
    """Once: what is cleaned up after that must not be interrupted."""
    for each in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)
    raise Ended(number)


def main(arguments):
    unknown = set(arguments) - {"--raw", "--stay", "-h", "--help"}
    if unknown or set(arguments) & {"-h", "--help"}:
        print(__doc__.strip(), file=sys.stderr if unknown else sys.stdout)
        return 64 if unknown else 0
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    try:
        return play("--raw" in arguments, "--stay" in arguments)
    except Ended as ended:
        return 0 if ended.number == signal.SIGINT else 128 + ended.number
    except OSError as error:
        # Nobody reads any more: the terminal is closed, or the other end of a pipe.
        if error.errno in (errno.EPIPE, errno.EIO):
            return 128 + signal.SIGPIPE
        raise


status = main(sys.argv[1:])
with contextlib.suppress(OSError):
    sys.stdout.flush()
os._exit(status)  # without another flush, which would complain of a terminal that is gone
