"""Decides, when clauses is installed from a checkout, whether durable-rules can be installed with it.

durable-rules, the `rete` engine, comes as C sources only. Where they cannot be compiled (no compiler, no
Python headers, or CPython 3.13 with a strict compiler and without the CPPFLAGS of the README), clauses is
installed without it and runs on its `reference` engine, instead of not being installed at all.
"""

import os
import shlex
import subprocess
import sysconfig
import tempfile
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

# The call in durable-rules that CPython 3.13 no longer declares.
PROBE = "#include <Python.h>\nPyObject *probe(PyObject *f, PyObject *a) { return PyEval_CallObject(f, a); }\n"


class Dependencies(MetadataHookInterface):
    def update(self, metadata: dict[str, Any]) -> None:
        """Set the dependencies, which pyproject.toml lists."""
        listed = self.config["dependencies"]
        metadata["dependencies"] = [d for d in listed if not d.startswith("durable-rules") or compiles(PROBE)]


def compiles(source: str) -> bool:
    """Whether the compiler that pip would use on this machine accepts the source."""
    compiler = os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc"
    flags = [*shlex.split(os.environ.get("CPPFLAGS", "")), "-I", sysconfig.get_path("include")]
    with tempfile.TemporaryDirectory() as folder:
        probe = os.path.join(folder, "probe.o")
        command = [*shlex.split(compiler), *flags, "-x", "c", "-c", "-", "-o", probe]
        try:
            return subprocess.run(command, input=source, text=True, capture_output=True).returncode == 0
        except OSError:
            return False
