"""A worker process: takes orders on stdin, sends results on stdout, under limits of its own.

    python -c "from ingest.worker import main; main()" 60 2048     # seconds a file, MiB

A frame is eight bytes of length and a pickle. What libraries print goes to stderr. The worker ends
with its input; a file that is still being read when the ingest was killed ends it by an alarm.
Where a platform has no such limits (Windows), the pool's own clock remains.
"""

from __future__ import annotations

import os
import pickle
import signal
import struct
import sys
from contextlib import suppress
from typing import BinaryIO

from ingest.work import Order, Refused, dumps, work

LENGTH = struct.Struct(">Q")
READY = b"ready"
MORE, LAST = b"+", b"-"  #: before a result: whether the worker takes another order
OUT_OF_MEMORY = "{path} needs more memory than the {limit:,} MB that a file may take."
GRACE = 5  #: seconds after the pool's limit at which a worker without a pool ends itself


def read_frame(stream: BinaryIO, *, most: int) -> bytes | None:
    """The next frame; None where the stream ended.

    Raises:
        OverflowError: it is longer than ``most`` bytes; nothing of it was read.
    """
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    (length,) = LENGTH.unpack(head)
    if length > most:
        raise OverflowError(length)
    data = stream.read(length)
    return data if len(data) == length else None


def write_frame(stream: BinaryIO, data: bytes) -> None:
    """Write one frame and flush."""
    stream.write(LENGTH.pack(len(data)))
    stream.write(data)
    stream.flush()


def main() -> None:
    """Serve orders until stdin ends."""
    seconds, megabytes = float(sys.argv[1]), int(sys.argv[2])
    orders, results = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not look like a result
    _limit_memory(megabytes)
    write_frame(results, READY)
    while (data := read_frame(orders, most=sys.maxsize)) is not None:
        order: Order = pickle.loads(data)  # noqa: S301 (from the ingest itself)
        _alarm(seconds + GRACE)
        try:
            done = dumps(work(order))
        except MemoryError:
            done = dumps(Refused(OUT_OF_MEMORY.format(path=order.path, limit=megabytes)))
            write_frame(results, LAST + done)
            break  # what is left of the memory is anybody's guess: a new worker takes over
        write_frame(results, MORE + done)
        _alarm(0)


def _limit_memory(megabytes: int) -> None:
    with suppress(ImportError, ValueError, OSError):  # no such limit here: the others remain
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))


def _alarm(seconds: float) -> None:
    """End this process after that time, whatever it is doing; 0: no more."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)
