"""A package index on loopback that can misbehave in the ways real ones do."""

import io
import json
import re
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class LocalIndex:
    """Serves `files` under /simple/<project>/ and notes the Range of every request for a file."""

    files: dict[str, bytes] = field(default_factory=dict)
    cut_after: list[int] = field(default_factory=list)
    """One entry per coming download: bytes after which the connection breaks."""
    ignores_range: bool = False
    as_json: bool = True
    status: int = 200
    moved_to: str = ""
    """Where requests for files are redirected to."""
    ranges: list[str | None] = field(default_factory=list)
    address: str = ""


def wheel_of(member: str, content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("package/__init__.py", "raise SystemExit('nobody imports this')")
        archive.writestr(member, content)
    return buffer.getvalue()


@contextmanager
def serving(index: LocalIndex) -> Iterator[LocalIndex]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            """As installers ask how large a file is; not counted among the downloads."""
            name = self.path.rsplit("/", 1)[-1]
            self._head(index.status, len(index.files.get(name, b"")), {})

        def do_GET(self) -> None:
            name = self.path.rsplit("/", 1)[-1]
            if name in index.files and index.moved_to:
                self._head(302, 0, {"Location": f"{index.moved_to}{name}"})
            elif name in index.files:
                self._file(index.files[name])
            else:
                self._listing()

        def _listing(self) -> None:
            if index.as_json:
                listed = [{"filename": name, "url": f"../../files/{name}", "hashes": {}} for name in index.files]
                page = {
                    "meta": {"api-version": "1.0"},
                    "name": self.path.strip("/").rpartition("/")[2],
                    "files": listed,
                }
                body, kind = json.dumps(page).encode(), "application/vnd.pypi.simple.v1+json"
            else:
                links = "".join(f'<a href="../../files/{name}#sha256=00">{name}</a>' for name in index.files)
                body, kind = f"<!DOCTYPE html><html><body>{links}</body></html>".encode(), "text/html"
            self._head(index.status, len(body), {"Content-Type": kind})
            self.wfile.write(body)

        def _file(self, content: bytes) -> None:
            asked = self.headers.get("Range")
            index.ranges.append(asked)
            start = 0
            if asked and not index.ignores_range:
                start = int(re.fullmatch(r"bytes=(\d+)-", asked)[1])
                if start >= len(content):
                    return self._head(416, 0, {"Content-Range": f"bytes */{len(content)}"})
                span = f"bytes {start}-{len(content) - 1}/{len(content)}"
                self._head(206, len(content) - start, {"Content-Range": span})
            else:
                self._head(200, len(content), {})
            rest = content[start:]
            if index.cut_after:
                self.wfile.write(rest[: index.cut_after.pop(0)])
                self.wfile.flush()
                self.close_connection = True
                self.connection.shutdown(2)
                return None
            self.wfile.write(rest)
            return None

        def _head(self, status: int, length: int, headers: dict[str, str]) -> None:
            self.send_response(status)
            for key, value in {"Content-Length": str(length), **headers}.items():
                self.send_header(key, value)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    index.address = f"http://127.0.0.1:{server.server_port}/simple/"
    try:
        yield index
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
