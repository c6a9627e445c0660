"""Databases that the lifecycle's tests run on: SQLite, and servers of their own."""

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import pytest


def _postgres_folder():
    """Where PostgreSQL's programs are, or None."""
    found = shutil.which("initdb")
    if found:
        return Path(found).parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name))
    return folders[-1] if folders else None


def _run(command, **options):
    """Runs a program as a user that PostgreSQL accepts: it refuses root."""
    if os.geteuid() == 0:
        command = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *command]
    return subprocess.run(
        command, check=True, capture_output=True, text=True, cwd="/", timeout=120, **options
    )


@pytest.fixture(scope="session")
def postgresql_server():
    """The folder of the socket of a PostgreSQL server that is started for the tests."""
    pytest.importorskip("psycopg", reason="psycopg is not installed")
    programs = _postgres_folder()
    if programs is None:
        pytest.skip("PostgreSQL's programs (initdb, pg_ctl) are not installed")
    if os.geteuid() == 0 and subprocess.run(["id", "postgres"], capture_output=True).returncode:
        pytest.skip("PostgreSQL does not run as root, and there is no user postgres")
    with tempfile.TemporaryDirectory(prefix="pg") as name:
        folder = Path(name)
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres", "postgres")
        data = folder / "data"
        _run([str(programs / "initdb"), "-D", str(data), "-U", "tester", "-A", "trust", "-N"])
        options = f"-k {folder} -c listen_addresses='' -c fsync=off"
        log = str(folder / "log")
        start = [str(programs / "pg_ctl"), "-D", str(data), "-o", options, "-l", log, "-w", "start"]
        _run(start)
        try:
            yield folder
        finally:
            _run([str(programs / "pg_ctl"), "-D", str(data), "-m", "immediate", "stop"])


@pytest.fixture
def postgresql_url(postgresql_server, request):
    """The URL of an empty database."""
    import psycopg

    name = f"t{abs(hash(request.node.nodeid))}"
    with psycopg.connect(
        f"postgresql://tester@/postgres?host={postgresql_server}", autocommit=True
    ) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name}")
        connection.execute(f"CREATE DATABASE {name}")
    return f"postgresql://tester@/{name}?host={postgresql_server}"


@pytest.fixture(scope="session")
def mariadb_server():
    """The socket of a MariaDB server that is started for the tests."""
    pytest.importorskip("pymysql", reason="pymysql is not installed")
    path = os.environ.get("PATH", "") + ":/usr/sbin"
    server = shutil.which("mariadbd", path=path)
    install = shutil.which("mariadb-install-db", path=path)
    if server is None or install is None:
        pytest.skip("MariaDB's programs (mariadbd, mariadb-install-db) are not installed")
    with tempfile.TemporaryDirectory(prefix="my") as name:
        folder, socket = Path(name), Path(name) / "socket"
        as_root = ["--user=root"] if os.geteuid() == 0 else []
        data = [f"--datadir={folder}/data", "--no-defaults", *as_root]
        made = [install, "--no-defaults", f"--datadir={folder}/data", *as_root,
                "--auth-root-authentication-method=normal", "--skip-test-db"]  # fmt: skip
        subprocess.run(made, check=True, capture_output=True, timeout=120)
        options = [f"--socket={socket}", "--skip-networking", "--innodb-flush-log-at-trx-commit=0",
                   f"--pid-file={folder}/pid", f"--log-error={folder}/log"]  # fmt: skip
        process = subprocess.Popen([server, data[1], data[0], *as_root, *options])
        try:
            deadline = time.monotonic() + 60
            while not socket.exists():
                assert process.poll() is None and time.monotonic() < deadline, (
                    (folder / "log").read_text() if (folder / "log").exists() else "no log"
                )
                time.sleep(0.05)
            yield socket
        finally:
            process.terminate()
            process.wait(timeout=60)


@pytest.fixture
def mysql_url(mariadb_server, request):
    """The URL of an empty database."""
    import pymysql

    name = f"t{abs(hash(request.node.nodeid))}"
    with pymysql.connect(unix_socket=str(mariadb_server), user="root") as connection:
        cursor = connection.cursor()
        cursor.execute(f"DROP DATABASE IF EXISTS {name}")
        cursor.execute(f"CREATE DATABASE {name}")
    return f"mysql://root@localhost/{name}?unix_socket={mariadb_server}"


@pytest.fixture(params=["sqlite", "postgresql", "mysql"])
def database_url(request, tmp_path):
    """The URL of an empty database, of each kind."""
    if request.param == "sqlite":
        return str(tmp_path / "metadata.db")
    return request.getfixturevalue(f"{request.param}_url")


@pytest.fixture(scope="session")
def small_model(tmp_path_factory):
    """A SavedModel that halves a number and adds two."""
    import tidefall as tf

    class Half(tf.Module):
        def __init__(self):
            self.a = tf.Variable(0.5)

        @tf.function(input_signature=[tf.TensorSpec([None], tf.float32, name="x")])
        def __call__(self, x):
            return {"y": self.a * x + 2.0}

    folder = tmp_path_factory.mktemp("model") / "half"
    model = Half()
    tf.saved_model.save(model, str(folder), signatures=model.__call__)
    return folder
