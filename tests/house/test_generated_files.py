"""What is generated is up to date, and what is committed speaks of the project alone."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT_LIMIT = 1_000_000
FORBIDDEN = {
    "a package registry's host": r"\bpypi[.]org|pythonhosted[.]org|registry[.]npmjs|proxy[.]golang",
    "a path of this machine": rf"(?<![\w.}}\"'])({re.escape(str(ROOT))}|{re.escape(str(Path.home()))}/\w)",
    "a credential": r"-----BEGIN [A-Z ]*PRIVATE KEY|\bghp_\w{20}|\bAKIA[0-9A-Z]{12}",
}


def tracked_files() -> list[Path]:
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if done.returncode != 0:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in done.stdout.decode().split("\0") if name]


def test_the_settings_page_is_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "generate_settings_docs.py", "--check"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_tracked_file_names(what: str) -> None:
    found = []
    for file in tracked_files():
        if not file.is_file() or file.stat().st_size > TEXT_LIMIT or file == Path(__file__):
            continue
        text = file.read_text(encoding="utf-8", errors="ignore")
        found += [f"{file.relative_to(ROOT)}: {hit.group()}" for hit in re.finditer(FORBIDDEN[what], text)]
    assert found == []


def test_no_lock_file_records_addresses() -> None:
    names = {file.name for file in tracked_files()}
    assert "uv.lock" not in names
    constraints = (ROOT / "server/ownhand/provision/constraints.txt").read_text()
    assert "--" not in constraints
    assert "://" not in constraints


def test_every_page_that_the_readme_links_to_is_there() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []
