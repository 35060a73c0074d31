"""Carries the server over standard input and output: nothing but the protocol is written there."""

from __future__ import annotations

import asyncio
import signal

from mcp.server.stdio import stdio_server

from clauses.mcp_server.logs import start_log, tell
from clauses.mcp_server.server import Door


def run(door: Door) -> None:
    """Serve until standard input ends."""
    start_log()
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # there is nothing to save, and reading cannot be interrupted gently
    asyncio.run(_serve(door))


async def _serve(door: Door) -> None:
    server = door.server()
    async with stdio_server() as (incoming, outgoing):
        tell("started", transport="stdio")
        await server.run(incoming, outgoing, server.create_initialization_options())
    tell("ended")
