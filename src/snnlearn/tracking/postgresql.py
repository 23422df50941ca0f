"""A limit to how long a PostgreSQL server is waited for. Only where there is one, this is imported.

A server that is suspended would be waited for without end, and where no signal of Python's reaches:
its machine still says that it is there. So psycopg2 waits in Python, and for so long.
"""

import select

from psycopg2 import OperationalError, extensions

from snnlearn.tracking.patience import LONGEST

#: Seconds without a word in which a server must take a connection.
CONNECT_TIMEOUT = 10.0

EVENTS = {extensions.POLL_READ: select.POLLIN, extensions.POLL_WRITE: select.POLLOUT}


def limit_waiting() -> None:
    """Let every connection of this process give up a server that is silent for too long."""
    extensions.set_wait_callback(_wait)


def _wait(connection: extensions.connection) -> None:
    """Wait for what was asked, as psycopg2 wants it to be done."""
    limit = CONNECT_TIMEOUT if connection.status == extensions.STATUS_SETUP else LONGEST
    while (state := connection.poll()) != extensions.POLL_OK:
        waiting = select.poll()
        waiting.register(connection.fileno(), EVENTS[state])
        if not waiting.poll(limit * 1000):
            raise OperationalError(f"timeout expired: the server was silent for {limit:.0f} s")
