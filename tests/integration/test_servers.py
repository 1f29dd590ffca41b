"""Servers of other versions for the tests: what was fetched is what was meant, and what stands in the way is said."""

import base64
import hashlib
import io
import json
import os
import platform
import subprocess
import tarfile

import pytest

from harness.util import SOURCE

FETCH = SOURCE / "tests/servers/fetch"


class Shelf:
    """A folder with one package, and the list that names it."""

    def __init__(self, folder):
        self.folder = folder
        self.tarball = folder / "some-server-18.1.tgz"
        files = {"native/bin/initdb": b"#!/bin/sh\n", "native/bin/postgres": b"", "native/lib/libpq.so.5.18": b"lib",
                 "native/pg-symlinks.json": json.dumps([{"source": "native/lib/libpq.so.5.18", "target": "native/lib/libpq.so.5"}]).encode(),
                 "../../escaped": b""}
        with tarfile.open(self.tarball, "w:gz") as tar:
            for name, content in files.items():
                member = tarfile.TarInfo(f"package/{name}")
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
        self.list(self.tarball.read_bytes())

    def list(self, content):
        digest = base64.b64encode(hashlib.sha512(content).digest()).decode()
        (self.folder / "list").write_text(f"# what there is\n{platform.machine()} 18 @some/server 18.1 {digest}\n")

    def fetch(self, major="18", **env):
        environ = {"RECURD_SERVERS": self.folder / "list", "RECURD_SERVER_PACKAGES": self.folder, "PATH": "/usr/bin:/bin", **env}
        return subprocess.run(
            [FETCH, major, "--cache", self.folder / "cache"], capture_output=True, text=True,
            env={key: str(value) for key, value in environ.items()},
        )


@pytest.fixture
def shelf(tmp_path):
    return Shelf(tmp_path)


def test_a_server_is_unpacked_with_its_links_and_kept(shelf):
    first = shelf.fetch()
    assert first.returncode == 0, first.stderr
    bin_dir = first.stdout.strip()
    assert os.access(f"{bin_dir}/initdb", os.X_OK)
    assert os.readlink(f"{bin_dir}/../lib/libpq.so.5") == "libpq.so.5.18"
    assert not (shelf.folder / "escaped").exists() and not list(shelf.folder.glob("cache/**/escaped"))
    shelf.tarball.unlink()
    assert shelf.fetch().stdout == first.stdout, "once is enough"


def test_another_digest_is_refused(shelf):
    shelf.list(b"something else")
    done = shelf.fetch()
    assert done.returncode == 1 and "has the digest sha512-" in done.stderr and "it is not used" in done.stderr
    assert not list(shelf.folder.glob("cache/18*"))


def test_what_is_not_there_is_said(shelf):
    assert "there is no PostgreSQL 13" in shelf.fetch("13").stderr and "there is: 18" in shelf.fetch("13").stderr
    shelf.tarball.unlink()
    assert "there is no some-server-18.1.tgz in" in shelf.fetch().stderr


def test_without_a_network_one_line_says_so(shelf):
    npm = shelf.folder / "npm"
    npm.write_text("#!/bin/sh\necho 'npm error network is unreachable' >&2\nexit 1\n")
    npm.chmod(0o755)
    done = shelf.fetch(RECURD_SERVER_PACKAGES="", PATH=f"{shelf.folder}:/usr/bin:/bin")
    assert done.returncode == 1 and done.stderr.count("\n") == 1
    assert "npm could not bring @some/server@18.1: npm error network is unreachable; without a network" in done.stderr
    npm.unlink()
    done = shelf.fetch(RECURD_SERVER_PACKAGES="", PATH=shelf.folder)
    assert "npm is not installed" in done.stderr
