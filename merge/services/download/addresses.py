"""Look up the addresses of a host, in a thread that can't delay the end of the process."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from ipaddress import ip_address
from typing import TypeAlias

from merge.project.media_urls import Address

__all__ = ["Lookup", "look_up", "remembered"]

Lookup: TypeAlias = Callable[[str, int], Awaitable[Sequence[Address]]]
"""Returns every address of a host, the best first; raises OSError if there's none."""


async def look_up(host: str, port: int) -> Sequence[Address]:
    """Ask the system's resolver, which also accepts any notation of an address, such as `127.1`.

    Raises:
        OSError: there's no such host, or no resolver can be reached
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[Sequence[Address]] = loop.create_future()

    def deliver(found: Sequence[Address], error: Exception | None) -> None:
        if answer.done():
            return
        if error:
            answer.set_exception(error)
        else:
            answer.set_result(found)

    def ask() -> None:
        found: Sequence[Address] = ()
        failed: Exception | None = None
        try:
            answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found = list(dict.fromkeys(ip_address(str(sockaddr[0])) for *_, sockaddr in answers))
        except OSError as error:
            failed = error
        except ValueError as error:  # a name that can't be written in the DNS
            failed = socket.gaierror(socket.EAI_NONAME, str(error))
        with suppress(RuntimeError):  # the loop may have ended in the meantime
            loop.call_soon_threadsafe(deliver, found, failed)

    threading.Thread(target=ask, name="look up", daemon=True).start()
    return await answer


def remembered(lookup: Lookup) -> Lookup:
    """Return a lookup that asks only once for each host, for work that takes minutes at most."""
    tasks: dict[tuple[str, int], asyncio.Future[Sequence[Address]]] = {}

    async def find(host: str, port: int) -> Sequence[Address]:
        if (host, port) not in tasks:
            tasks[host, port] = asyncio.ensure_future(lookup(host, port))
        # A caller that gives up waiting doesn't end the lookup for the others.
        return await asyncio.shield(tasks[host, port])

    return find
