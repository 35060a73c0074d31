"""Loads the C core of durable-rules; nothing else imports it.

durable-rules 2.0.28 calls `PyEval_CallObject`, which CPython 3.13 removed. Compiled with the CPPFLAGS below
it is whole. A lenient compiler (gcc before 14) also compiles it without them, but then the symbol is
missing and a plain import fails. Only its store callbacks call that function, and clauses sets none, so
binding the symbols lazily is enough to use such a build.
"""

import os
import sys
from types import ModuleType

INSTALL = (
    "CPPFLAGS=-DPyEval_CallObject=PyObject_CallObject "
    "python -m pip install --force-reinstall --no-cache-dir durable-rules==2.0.28"
)


def load_engine() -> ModuleType:
    """The module `durable_rules_engine`, or an ImportError that says in a sentence what to do."""
    try:
        return _import_engine()
    except ModuleNotFoundError as error:
        raise ImportError(
            "the rete engine needs durable-rules, which is not installed because it must be compiled: "
            f"with a C compiler and the Python headers at hand run `{INSTALL}`, or use the reference engine"
        ) from error
    except ImportError as error:
        raise ImportError(
            f"the rete engine is installed but cannot be loaded ({error}): "
            f"with a C compiler and the Python headers at hand run `{INSTALL}`, or use the reference engine"
        ) from error


def _import_engine() -> ModuleType:
    try:
        import durable_rules_engine
    except ImportError as error:
        if "PyEval_CallObject" not in str(error) or sys.platform == "win32":
            raise
        flags = sys.getdlopenflags()
        sys.setdlopenflags(os.RTLD_LAZY)
        try:
            import durable_rules_engine
        finally:
            sys.setdlopenflags(flags)
    engine: ModuleType = durable_rules_engine
    return engine
