"""The server itself: tools, pages and prompts as the protocol has them, whatever carries it."""

from __future__ import annotations

import asyncio
import datetime
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    CompleteRequestParams,
    CompleteResult,
    Completion,
    GetPromptRequestParams,
    GetPromptResult,
    ListPromptsResult,
    ListResourcesResult,
    ListResourceTemplatesResult,
    ListToolsResult,
    PaginatedRequestParams,
    PromptReference,
    ReadResourceRequestParams,
    ReadResourceResult,
    TextResourceContents,
)

from clauses import use_cases
from clauses.calls import Caller
from clauses.calls.library import SORTS
from clauses.errors import ClausesError, UsageError, did_you_mean
from clauses.mcp_server.catalogue import TEMPLATES, Catalogue
from clauses.mcp_server.evaluator import Reply
from clauses.mcp_server.evaluators import Evaluators
from clauses.mcp_server.logs import tell
from clauses.mcp_server.prompts import PROMPTS
from clauses.mcp_server.settings import Settings
from clauses.mcp_server.tools import TOOLS
from clauses.terms.values import Date

DOOR = "mcp"
RESOURCE_NOT_FOUND = -32002
MAXIMUM_SUGGESTIONS = 100
MAXIMUM_NAMED = 40
"""How many documents of a sort the instructions name."""

Clock = Callable[[], datetime.datetime]
"""The time now, with its zone; only a door knows one."""
Context = ServerRequestContext[Evaluators, Any]
Listing = PaginatedRequestParams | None


class Door:
    """Answers what the protocol asks. `who` is the caller where no token names one."""

    def __init__(self, settings: Settings, clock: Clock, who: str) -> None:
        self.settings = settings
        self.clock = clock
        self.who = who
        self.catalogue = Catalogue(settings.library())
        if settings.rules:  # what is wrong with them is said before anything is served
            use_cases.packs(use_cases.Choice(settings.rules))
        self._tools = [one.tool() for one in TOOLS.values()]

    def server(self) -> Server[Evaluators]:
        """The server, ready to be carried by a transport."""
        return Server(
            "clauses",
            title="clauses",
            version=version("clauses"),
            description="Reviews a term sheet against the agreement in force, and says why.",
            instructions=self._instructions(),
            lifespan=self._lifespan,
            get_tool_input_schema={one.name: one.input_schema for one in self._tools}.get,
            on_list_tools=self.list_tools,
            on_call_tool=self.call_tool,
            on_list_resources=self.list_resources,
            on_list_resource_templates=self.list_resource_templates,
            on_read_resource=self.read_resource,
            on_list_prompts=self.list_prompts,
            on_get_prompt=self.get_prompt,
            on_completion=self.complete,
        )

    @asynccontextmanager
    async def _lifespan(self, server: Server[Evaluators]) -> AsyncIterator[Evaluators]:
        async with Evaluators.running(self.settings) as evaluators:
            yield evaluators

    def _instructions(self) -> str:
        """What an assistant should know before it chooses a tool."""
        lines = [
            "Reviews term sheets against the agreement in force with rules that state their authority. Every tool only "
            "reads. Quote what the tools answer; do not fill in what they leave open. The prompt `encode_term_sheet` "
            "says how a text becomes a term sheet.",
        ]
        for sort in SORTS:
            ids = self.catalogue.ids(sort)
            more = f" and {len(ids) - MAXIMUM_NAMED} more" if len(ids) > MAXIMUM_NAMED else ""
            if ids:
                lines.append(f'Held as {sort} ({{"held": id}}): {", ".join(ids[:MAXIMUM_NAMED])}{more}.')
        lines.append(f"Rule packs: {', '.join(self.catalogue.library.packs)}.")
        return "\n".join(lines)

    # --- tools

    async def list_tools(self, context: Context, params: Listing) -> ListToolsResult:
        """Every tool."""
        return ListToolsResult(tools=self._tools)

    async def call_tool(self, context: Context, params: CallToolRequestParams) -> CallToolResult:
        """What a tool answers; what is wrong with the call is an answer, too, so that it can be mended."""
        asking = TOOLS.get(params.name)
        if asking is None:
            raise _wrong("unknown-tool", f"there is no tool `{params.name}`", did_you_mean(params.name, TOOLS))
        started = time.monotonic()
        caller = self._caller(context)
        call = asking.call(params.arguments or {}, self.settings.record)
        reply = call if isinstance(call, Reply) else await context.lifespan_context.ask(asking.verb, call, caller)
        facts = {"defect": reply.defect} if reply.defect else {}
        errors = sorted({str(one["id"]) for one in reply.problems})
        milliseconds = round((time.monotonic() - started) * 1000)
        tell("called", tool=params.name, who=caller.who, milliseconds=milliseconds, errors=errors, **facts)
        return asking.result(reply, params.arguments or {})

    def _caller(self, context: Context) -> Caller:
        user = context.request.scope.get("user") if context.request is not None else None
        now = self.clock()
        who = user.display_name if isinstance(user, AuthenticatedUser) else self.who
        return Caller(who, DOOR, Date.of(now.date()), now)

    # --- pages

    async def list_resources(self, context: Context, params: Listing) -> ListResourcesResult:
        """Every page."""
        pages = await asyncio.to_thread(lambda: self.catalogue.pages)
        return ListResourcesResult(resources=[page.resource() for page in pages.values()])

    async def list_resource_templates(self, context: Context, params: Listing) -> ListResourceTemplatesResult:
        """How addresses are made."""
        return ListResourceTemplatesResult(resource_templates=TEMPLATES)

    async def read_resource(self, context: Context, params: ReadResourceRequestParams) -> ReadResourceResult:
        """A page."""
        try:
            page, text = await asyncio.to_thread(self.catalogue.text, params.uri)
        except ClausesError as error:
            raise _refused(error, RESOURCE_NOT_FOUND) from None
        return ReadResourceResult(contents=[TextResourceContents(uri=page.uri, mime_type=page.media_type, text=text)])

    # --- prompts

    async def list_prompts(self, context: Context, params: Listing) -> ListPromptsResult:
        """Every prompt."""
        return ListPromptsResult(prompts=[one.prompt() for one in PROMPTS.values()])

    async def get_prompt(self, context: Context, params: GetPromptRequestParams) -> GetPromptResult:
        """A prompt filled in."""
        telling = PROMPTS.get(params.name)
        if telling is None:
            raise _wrong("unknown-prompt", f"there is no prompt `{params.name}`", did_you_mean(params.name, PROMPTS))
        try:
            return telling.result(params.arguments or {}, self.catalogue.library)
        except ClausesError as error:
            raise _refused(error) from None

    async def complete(self, context: Context, params: CompleteRequestParams) -> CompleteResult:
        """What an argument of a prompt, or a variable of an address, may be."""
        name, start = params.argument.name, params.argument.value
        if isinstance(params.ref, PromptReference):
            found = [one for sort in SORTS if sort == name for one in self.catalogue.ids(sort) if one.startswith(start)]
        else:
            chosen = (params.context.arguments if params.context else None) or {}
            found = await asyncio.to_thread(self.catalogue.suggestions, params.ref.uri, name, start, chosen)
        shown = found[:MAXIMUM_SUGGESTIONS]
        return CompleteResult(completion=Completion(values=shown, total=len(found), has_more=len(shown) < len(found)))


def _wrong(id: str, sentence: str, hint: str | None) -> MCPError:
    return _refused(UsageError.of(id, sentence, None, hint))


def _refused(error: ClausesError, code: int = INVALID_PARAMS) -> MCPError:
    """An error of ours as the protocol has it, for what is no tool's answer."""
    return MCPError(code, str(error), {"errors": [problem.data() for problem in error.problems]})
