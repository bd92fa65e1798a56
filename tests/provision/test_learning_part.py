"""What the learning part would be on which machine, and that it gets installed: by uv, from an index on loopback."""

import io
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_index import LocalIndex, serving
from ownhand.errors import WriterError
from ownhand.provision import learning_part
from ownhand.provision.learning_part import (
    Hardware,
    InstallPlan,
    Machine,
    check_works,
    install,
    plan,
    requirements,
    setup_command,
)
from wheel_sizes import UV

ASKED = ["datasets>=4.3", "peft>=0.18", "torch>=2.8", "trl>=1.8", "unsloth>=2026.10.9"]
WITH_UV, WITH_PIP = (UV, "pip"), (sys.executable, "-m", "pip")


def test_the_requirements_are_those_of_the_package_itself():
    asked = requirements()
    assert {each.partition(">")[0] for each in asked} >= set(learning_part.CHECKED) | {"unsloth"}
    assert not [each for each in asked if ";" in each or each.startswith("pytest")]


@pytest.mark.parametrize("tool", [WITH_UV, WITH_PIP])
def test_a_processor_gets_no_unsloth_and_hears_why_it_is_so_much(tool):
    found = plan(Machine(Hardware.PROCESSOR, "linux", tool), ASKED, "/env/bin/python")
    assert found.command[-3:] == ("datasets>=4.3", "peft>=0.18", "torch>=2.8")
    assert found.command[: len(tool)] == tool
    assert ("/env/bin/python" in found.command) is (tool is WITH_UV)
    assert found.fetched > 3e9
    assert any("NVIDIA" in sentence and "without a card" in sentence for sentence in found.sentences)


def test_a_card_gets_unsloth_where_uv_can_install_it():
    assert "unsloth>=2026.10.9" in plan(Machine(Hardware.NVIDIA, "linux", WITH_UV), ASKED).command
    by_pip = plan(Machine(Hardware.NVIDIA, "linux", WITH_PIP), ASKED)
    assert not [word for word in by_pip.command if word.startswith("unsloth")]
    assert any("left out" in sentence for sentence in by_pip.sentences)


def test_an_amd_card_is_asked_of_pytorchs_own_index_and_said_to_be_untried():
    found = plan(Machine(Hardware.AMD, "linux", WITH_UV), ASKED)
    assert found.command[found.command.index("--torch-backend") + 1] == "auto"
    assert "--constraint" not in found.command
    assert any("not been tried" in sentence for sentence in found.sentences)
    with pytest.raises(WriterError, match="only uv finds"):
        plan(Machine(Hardware.AMD, "linux", WITH_PIP), ASKED)


def test_other_systems_are_not_told_of_nvidia_and_fetch_far_less():
    found = plan(Machine(Hardware.APPLE, "darwin", WITH_UV), ASKED)
    assert found.fetched < 1e9
    assert not [sentence for sentence in found.sentences if "NVIDIA" in sentence]


def test_without_an_installer_the_next_step_is_to_get_one():
    with pytest.raises(WriterError, match="Neither uv nor pip") as caught:
        plan(Machine(Hardware.PROCESSOR, "linux", ()), ASKED)
    assert "Install uv" in caught.value.next_step


def tiny_wheel(name: str, version: str) -> bytes:
    """A wheel as an installer wants it, with one module that says where it is."""
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}.py": "HAND = 'own'\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: a test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{path},,\n" for path in (*files, f"{info}/RECORD"))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, text in {**files, f"{info}/RECORD": record}.items():
            archive.writestr(path, text)
    return buffer.getvalue()


@pytest.fixture
def index() -> Iterator[LocalIndex]:
    wheels = {f"tinytorch-{version}-py3-none-any.whl": tiny_wheel("tinytorch", version) for version in ("1.0", "1.5")}
    with serving(LocalIndex(wheels)) as running:
        yield running


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, index: LocalIndex) -> Path:
    """The Python of an empty environment; uv asks the index on loopback alone."""
    subprocess.run([UV, "venv", "--quiet", "--python", sys.executable, tmp_path / "env"], check=True)
    monkeypatch.setenv("UV_DEFAULT_INDEX", index.address)
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "env" / "bin" / "python"


def wanted(python: Path, *names: str) -> InstallPlan:
    found = plan(Machine(Hardware.PROCESSOR, "linux", WITH_UV), names, str(python))
    return InstallPlan(found.command, 1, 1, ())


def test_what_is_planned_is_installed_into_that_environment(environment: Path):
    install(wanted(environment, "tinytorch>=0.5"))
    said = subprocess.run(
        [environment, "-I", "-c", "import tinytorch; print(tinytorch.HAND)"], capture_output=True, text=True
    )
    assert said.stdout == "own\n"


def test_the_version_that_was_tested_is_installed_not_the_newest(
    environment: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    tested = tmp_path / "tested.txt"
    tested.write_text("tinytorch==1.0\n")
    monkeypatch.setattr(learning_part, "_TESTED", tested)
    install(wanted(environment, "tinytorch>=0.5"))
    ask = "from importlib import metadata; print(metadata.version('tinytorch'))"
    assert subprocess.run([environment, "-I", "-c", ask], capture_output=True, text=True).stdout == "1.0\n"


def test_the_tested_versions_name_all_that_learning_stands_on():
    pinned = {line.partition("==")[0] for line in learning_part._TESTED.read_text().splitlines()}
    assert pinned >= {re.split("[<>=]", each)[0] for each in requirements()}


def test_what_goes_wrong_is_one_sentence_and_can_be_done_again(environment: Path, index: LocalIndex):
    with pytest.raises(WriterError) as caught:
        install(wanted(environment, "tinytorch>=2"))
    assert "no versions that fit" in caught.value.sentence
    assert "ownhand setup --training" in caught.value.next_step
    index.status = 503
    with pytest.raises(WriterError, match="could not be installed"):
        install(wanted(environment, "tinytorch"))
    index.status = 200
    install(wanted(environment, "tinytorch"))


def test_a_disk_that_is_too_small_is_seen_before(environment: Path):
    huge = InstallPlan(("false",), 10**18, 10**18, ())
    with pytest.raises(WriterError, match="GB free"):
        install(huge)


def test_a_learning_part_that_does_not_start_is_told(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(learning_part, "_TRY", "import a_torch_that_nobody_has")
    with pytest.raises(WriterError, match=r"does not start.*a_torch_that_nobody_has"):
        check_works()


def test_what_to_type_is_what_a_terminal_finds(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert setup_command() == f'"{sys.executable}" -m ownhand setup --training'
    (tmp_path / "ownhand").write_text("#!/bin/sh\n")
    (tmp_path / "ownhand").chmod(0o755)
    assert setup_command() == "ownhand setup --training"
