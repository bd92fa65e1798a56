"""The index is the one that pip or uv of this machine use: asked, never named."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ownhand.provision import package_index
from ownhand.provision.package_index import PackageIndex, package_indexes

MIRROR = "http://127.0.0.1:7777/root/simple"


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith(("PIP_", "UV_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("UV_NO_CONFIG", "1")


def test_pip_is_asked_for_the_default_that_is_built_into_it() -> None:
    assert package_index._from_pip().address.startswith("https://")


def test_pip_s_environment_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", MIRROR)
    monkeypatch.setenv("PIP_CERT", "/some/certificates.pem")
    assert package_indexes()[0] == PackageIndex(MIRROR, "/some/certificates.pem")


def test_pip_s_own_file_counts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "pip.conf"
    file.write_text(f"[global]\nindex-url = {MIRROR}\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(file))
    assert package_indexes()[0].address == MIRROR


@pytest.mark.parametrize("value", [MIRROR, f"mirror={MIRROR}"])
def test_uv_s_environment_comes_first(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("UV_DEFAULT_INDEX", value)
    assert package_indexes()[0].address == MIRROR


def test_uv_is_asked_when_it_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_INDEX_URL", MIRROR)
    assert package_index._from_uv().address == MIRROR


def test_the_copy_of_pip_that_python_carries_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment made by uv has no pip; the one that ensurepip holds is read from its wheel."""
    wheels = [path for path in package_index._pip_copies() if path]
    monkeypatch.setattr(package_index, "_pip_copies", lambda: iter(wheels))
    monkeypatch.setenv("PIP_INDEX_URL", MIRROR)
    assert package_index._from_pip() == PackageIndex(MIRROR, None)


def test_a_pip_that_fails_is_passed_over(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken = tmp_path / "pip-0.whl"
    broken.write_bytes(b"")
    monkeypatch.setattr(package_index, "_pip_copies", lambda: iter([[str(broken)]]))
    # An interpreter that has no pip of its own either.
    monkeypatch.setattr(package_index.sys, "executable", _python_without_pip(tmp_path))
    assert package_index._from_pip() is None


def _python_without_pip(folder: Path) -> str:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "bare"], check=True)
    return str(folder / "bare" / "bin" / "python")


def test_addresses_that_are_no_web_addresses_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_DEFAULT_INDEX", "./wheels")
    assert all(index.address.startswith("http") for index in package_indexes())
