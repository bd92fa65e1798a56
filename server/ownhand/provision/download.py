"""A file from a package index: found by its name, fetched with resume.

What arrives is judged by its SHA-256 afterwards, so proxies and redirects of the writer's network are followed here,
as pip follows them. Nothing is sent but the request for a public file.
"""

import errno
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote, urljoin, urlsplit

import httpx

from ownhand.errors import WriterError
from ownhand.home import make_private_folder
from ownhand.processes import lock
from ownhand.provision.package_index import PackageIndex

Progress = Callable[[int, int], None]
"""Told the bytes that are there and the bytes there will be (0 when unknown)."""

_SIMPLE = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"
_PAUSES = (1.0, 2.0, 4.0)
"""Seconds before each new try after a broken connection. A try that brought something starts the row again."""


class Unreachable(Exception):  # noqa: N818 - it names a state; the caller tries the next index or says it
    """The index or the file can't be had there. `why`: a few plain words."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@contextmanager
def client_for(index: PackageIndex) -> Iterator[httpx.Client]:
    """A client that trusts what the machine trusts, what Python's tools trust, and what pip was told to trust."""
    context = httpx.create_ssl_context()
    context.load_default_certs()
    for path in (index.certificates, os.environ.get("REQUESTS_CA_BUNDLE")):
        if path and Path(path).is_file():
            context.load_verify_locations(path)
    with httpx.Client(verify=context, follow_redirects=True, timeout=httpx.Timeout(30, connect=15)) as client:
        yield client


def find_file(client: httpx.Client, index: PackageIndex, project: str, name: str) -> str:
    """The address of the file `name` of `project` (PEP 503 or 691). Raises Unreachable."""
    page = f"{index.address.rstrip('/')}/{project}/"
    try:
        answer = client.get(page, headers={"Accept": _SIMPLE}).raise_for_status()
        for address in _links(answer):
            if unquote(urlsplit(address).path).endswith(f"/{name}"):
                return address
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise Unreachable(_plain(error)) from error
    raise Unreachable(f"{index.host} does not hold {name}")


def download(
    client: httpx.Client, address: str, part: Path, progress: Progress, *, sleep: Callable[[float], None] = time.sleep
) -> None:
    """Fetch `address` into `part` (0600), going on where an earlier call was broken off.

    Raises Unreachable when the connection keeps breaking (what came stays in `part`) and WriterError when the disk
    refuses or another set-up holds the file.
    """
    with _held(part) as stream:
        tries = iter(_PAUSES)
        while True:
            before = stream.seek(0, os.SEEK_END)
            try:
                return _one_try(client, address, stream, progress)
            except httpx.HTTPError as error:
                if _is_final(error):
                    raise Unreachable(_plain(error)) from error
                if stream.seek(0, os.SEEK_END) > before:
                    tries = iter(_PAUSES)
                pause = next(tries, None)
                if pause is None:
                    raise Unreachable(_plain(error)) from error
                sleep(pause)
            except OSError as error:
                raise _disk_refused(part, error) from error


def _one_try(client: httpx.Client, address: str, stream: BinaryIO, progress: Progress) -> None:
    have = stream.seek(0, os.SEEK_END)
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
    with client.stream("GET", address, headers=headers) as answer:
        if answer.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
            if answer.headers.get("Content-Range", "") == f"bytes */{have}":
                return  # everything had come before
            stream.truncate(0)
            raise httpx.ReadError("the file there is another one")
        answer.raise_for_status()
        if answer.status_code != httpx.codes.PARTIAL_CONTENT:
            have = stream.seek(0)
            stream.truncate(0)
        elif not answer.headers.get("Content-Range", "").startswith(f"bytes {have}-"):
            stream.truncate(0)
            raise httpx.ReadError("the wrong part of the file came")
        length = int(answer.headers.get("Content-Length", 0))
        for block in answer.iter_raw():
            stream.write(block)
            progress(stream.tell(), have + length if length else 0)
        stream.flush()


@contextmanager
def _held(part: Path) -> Iterator[BinaryIO]:
    """`part` open for reading and writing, for this process alone."""
    make_private_folder(part.parent)
    try:
        stream = os.fdopen(os.open(part, os.O_RDWR | os.O_CREAT, 0o600), "r+b")
    except OSError as error:
        raise _disk_refused(part, error) from error
    with stream:
        try:
            alone = lock(stream.fileno())
        except OSError as error:
            raise _disk_refused(part, error) from error
        if not alone:
            raise WriterError("Another set-up is fetching the same file.", "Wait for it to finish.")
        yield stream


class _Anchors(HTMLParser):
    """The `href` of every link of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.targets: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.targets += [value for key, value in attrs if tag == "a" and key == "href" and value]


def _links(answer: httpx.Response) -> list[str]:
    """The files that a project's page lists, as absolute addresses. Raises ValueError for broken JSON."""
    base = str(answer.url)
    if "json" in answer.headers.get("Content-Type", ""):
        listed = answer.json()
        files = listed.get("files", []) if isinstance(listed, dict) else []
        return [urljoin(base, str(file["url"])) for file in files if isinstance(file, dict) and "url" in file]
    page = _Anchors()
    page.feed(answer.text)
    return [urljoin(base, target) for target in page.targets]


def _is_final(error: httpx.HTTPError) -> bool:
    """Would asking again bring the same answer?"""
    if isinstance(error, httpx.HTTPStatusError):
        return error.response.status_code < 500 and error.response.status_code not in (408, 429)
    return isinstance(error, (httpx.UnsupportedProtocol, httpx.TooManyRedirects))


def _plain(error: Exception) -> str:
    if isinstance(error, httpx.HTTPStatusError):
        return f"{error.request.url.host} answered {error.response.status_code}"
    if isinstance(error, httpx.TimeoutException):
        return "no answer came in time"
    if isinstance(error, httpx.ConnectError):
        return "there was no connection"
    if isinstance(error, httpx.TransportError):
        return "the connection broke"
    return "the answer made no sense"


def _disk_refused(path: Path, error: OSError) -> WriterError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return WriterError(f"The disk that holds {path.parent} is full.", "Free some space and run the set-up again.")
    return WriterError(
        f"Ownhand can't write to {path.parent}: {error.strerror}.",
        "Make the folder writable, or set OWNHAND_HOME to another folder.",
    )
