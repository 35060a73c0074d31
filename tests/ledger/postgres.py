"""A PostgreSQL server of one's own for tests: in a folder that is thrown away, for this machine alone."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from glob import glob
from pathlib import Path

import psycopg


def binaries() -> Path | None:
    """The folder with the server's programs, None where it is not installed."""
    folders = [Path(file).parent for file in [shutil.which("initdb"), *reversed(sorted(glob(_DEBIAN)))] if file]
    return next((folder for folder in folders if (folder / "postgres").exists()), None)


_DEBIAN = "/usr/lib/postgresql/*/bin/initdb"


class Server:
    """A server that can be started, stopped and killed. Everybody on this machine may come in: keep no secrets."""

    def __init__(self, programs: Path) -> None:
        self._programs = programs
        self._folder = Path(tempfile.mkdtemp(prefix="clauses-pg-"))
        self._data = self._folder / "data"
        self._user: dict[str, object] = {}
        if os.getuid() == 0:  # the server refuses to run as root
            names = {one.pw_name for one in pwd.getpwall()}
            self._user = {"user": "postgres" if "postgres" in names else "nobody", "extra_groups": []}
            account = pwd.getpwnam(str(self._user["user"]))
            self._user["group"] = account.pw_gid
            os.chown(self._folder, account.pw_uid, account.pw_gid)
        self._databases = 0
        initdb = [programs / "initdb", "-D", self._data, "-U", "clauses", "-A", "trust", "-E", "UTF8", "--locale=C"]
        subprocess.run([*initdb, "--no-sync"], check=True, capture_output=True, cwd=self._folder, **self._user)
        self.port = _free_port()
        self.start()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        with open(self._folder / "log", "ab") as log:
            self._process = subprocess.Popen(
                [
                    self._programs / "postgres", "-D", self._data, "-k", self._folder, "-p", str(self.port),
                    "-c", "listen_addresses=127.0.0.1",
                ],
                stdout=log, stderr=log, cwd=self._folder, start_new_session=True, **self._user,
            )  # fmt: skip
        for _ in range(600):
            try:
                psycopg.connect(self._dsn("postgres")).close()
                return
            except psycopg.OperationalError:
                assert self._process.poll() is None, (self._folder / "log").read_text()
                time.sleep(0.05)
        raise AssertionError("the server does not answer")

    def stop(self) -> None:
        """Stop it as its keeper would."""
        self._process.send_signal(signal.SIGINT)
        self._process.wait(60)

    def kill(self) -> None:
        """Kill every process of it, before any of them can tidy up."""
        self._process.send_signal(signal.SIGSTOP)
        for file in glob("/proc/[0-9]*/stat"):
            try:
                parent = int(Path(file).read_text().rpartition(")")[2].split()[1])
            except OSError:  # it has ended meanwhile
                continue
            if parent == self._process.pid:
                os.kill(int(Path(file).parent.name), signal.SIGKILL)
        self._process.kill()
        self._process.wait(60)

    def new_database(self, *options: str) -> str:
        """The URL of a database that is empty."""
        self._databases += 1
        name = f"ledger{self._databases}"
        with psycopg.connect(self._dsn("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} {' '.join(options)}")
        return f"postgresql://clauses@127.0.0.1:{self.port}/{name}"

    def remove(self) -> None:
        """Stop it and throw its folder away."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGQUIT)  # at once: nobody will need what it has not written yet
            self._process.wait(60)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _dsn(self, database: str) -> str:
        return f"host=127.0.0.1 port={self.port} user=clauses dbname={database} connect_timeout=5"


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
