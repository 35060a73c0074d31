"""The name of a file as a code host knows it: from the root of the repository, wherever the command was run."""

from __future__ import annotations

import os
from pathlib import Path, PurePath


def in_repository(name: str) -> str:
    """The path of a file from the root of its repository; the name as it is where it is no file in one."""
    if not os.path.isfile(name):  # standard input, or a document that a program sent
        return name
    file = Path(os.path.abspath(name))
    for folder in file.parents:
        if os.path.exists(folder / ".git"):  # a folder, or in a worktree a file
            return file.relative_to(folder).as_posix()
    return PurePath(name).as_posix()
