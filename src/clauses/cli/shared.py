"""What the commands share: reading options, writing results, saying what bears on them, and exit codes."""

from __future__ import annotations

import datetime
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clauses import configuration, use_cases
from clauses.errors import UsageError, did_you_mean
from clauses.source import printable
from clauses.yaml_nodes import reason

if TYPE_CHECKING:
    from clauses.proofs.resolve import Resolution
    from clauses.review.output.ink import Ink
    from clauses.review.review import Examined
    from clauses.terms.values import Date

FINDINGS, WRONG, UNDETERMINED = 1, 2, 3
FAIL_ON = configuration.FAIL_ON


def choice_of(
    settings: configuration.Settings,
    rules: Sequence[str] | None,
    select: Sequence[str] | None,
    ignore: Sequence[str] | None,
    engine: str | None,
) -> use_cases.Choice:
    """The options, and the settings for what no option says."""
    return use_cases.Choice(
        rules=tuple(rules or settings.rules),
        select=tuple(select or settings.select),
        ignore=tuple(ignore or settings.ignore),
        engine=engine or settings.engine or "both",
    )


def checked(names: Sequence[str], known: Sequence[str], what: str) -> list[str]:
    for name in names:
        if name not in known:
            raise UsageError.of(f"unknown-{what}", f"there is no {what} `{name}`", None, did_you_mean(name, known))
    return list(names)


def today() -> Date:
    from clauses.terms.values import Date

    return Date.of(datetime.date.today())


def day_of(text: str | None) -> Date | None:
    return use_cases.day(text) if text is not None else None


def ink_for(color: str, output: str | None, verbose: bool = False) -> Ink:
    from clauses.review.output.ink import Ink

    checked([color], ("auto", "always", "never"), "color")
    is_dull = output is not None or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    automatic = not is_dull and sys.stdout is not None and sys.stdout.isatty()
    return Ink(color == "always" or (color == "auto" and automatic), verbose)


def json_text(data: Any) -> str:
    from clauses.review.output.common import as_json

    return as_json(data)


def say(remark: str | None, quiet: bool) -> None:
    if remark and not quiet:
        print(printable(f"note: {remark}"), file=sys.stderr)


def say_what_bears(found: Sequence[Examined], quiet: bool) -> None:
    """Say what a reader of the result should know: rules that did not run, values that are overdue."""
    said = set()
    for examined in found:
        for run in examined.runs:
            if run.pack.left_out:
                said.add(f"{run.pack.left_out} rules of the pack {run.pack.name} were not selected and did not run")
            for parameter, dated in run.pack.overdue(examined.deal.as_of):
                said.add(
                    f"{dated.place}: the parameter `{parameter.name}` should have been verified by {dated.verify_by}"
                )
    for sentence in sorted(said):
        say(sentence, quiet)


def progress(total: int, word: str) -> Callable[[int, int], None]:
    """A line on standard error, on a terminal, once the work takes longer than two seconds."""
    started = datetime.datetime.now()

    def tell(done: int, of: int) -> None:
        seconds = (datetime.datetime.now() - started).total_seconds()
        if sys.stderr.isatty() and seconds > 2:
            end = "\n" if done >= of else ""
            print(f"\r{done} of {of} {word}", end=end, file=sys.stderr, flush=True)

    return tell


_ENDINGS = {"text": "txt", "concise": "concise.txt", "markdown": "md", "junit": "xml", "github": "github.txt"}


def file_name(output: str, format: str, several: bool) -> str:
    return f"{output}.{_ENDINGS.get(format, format)}" if several else output


def write(text: str | bytes, output: str | None, format: str, several: bool) -> None:
    if output is None or output == "-":
        _write_out(text)
        return
    path = Path(file_name(output, format, several))
    try:
        if not path.parent.exists():
            path.parent.mkdir(parents=True)
        path.write_bytes(_encoded(text))
    except (OSError, ValueError) as error:
        raise UsageError.of("cannot-write", f"`{path}` cannot be written: {reason(error)}") from None


def _encoded(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("utf-8", errors="backslashreplace")


def _write_out(text: str | bytes) -> None:
    if sys.stdout is None:
        raise UsageError.of("cannot-write", "standard output cannot be written: it is closed")
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(_encoded(text))
        sys.stdout.buffer.flush()
    except OSError as error:
        # Python would fail once more when it flushes standard output at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):
            sentence = "the reader of the output went away before all of it was written"
            raise UsageError.of("closed-pipe", sentence) from None
        raise UsageError.of("cannot-write", f"standard output cannot be written: {reason(error)}") from None


def write_memos(
    found: Sequence[Examined],
    output: str | None,
    formats: Sequence[str] | None,
    templates: str | None,
    quiet: bool,
    resolution: Resolution | None = None,
) -> None:
    """Write the memo of one review, in the formats named or the one that the file's ending names."""
    from clauses.memo import memo

    if len(found) != 1:
        raise UsageError.of("one-memo", f"a memo is about one term sheet, and {len(found)} are named")
    ending = Path(output).suffix.lstrip(".") if output else ""
    names = checked(formats or [ending or "md"], list(memo.FORMATS), "format")
    folder = Path(templates) if templates else None
    for name, data in memo.write_memos(found[0], names, folder, resolution).items():
        write(data, output, name, len(names) > 1)
    if output and not quiet:
        written = ", ".join(file_name(output, name, len(names) > 1) for name in names)
        print(f"the memo is in {written}", file=sys.stderr)


def exit_code(found: Sequence[Examined], threshold: str, strict: bool) -> int:
    if threshold == "never":
        return 0
    counted = FAIL_ON[: FAIL_ON.index(threshold) + 1]
    statuses = {rule.standing for one in found for rule in one.review.rules if rule.severity in counted}
    if "breached" in statuses or (strict and "undetermined" in statuses):
        return FINDINGS
    return UNDETERMINED if "undetermined" in statuses else 0
