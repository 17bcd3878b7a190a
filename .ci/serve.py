#!/usr/bin/env python3
"""Serves the built app and the models on this machine's loopback address, with the headers that it needs.

Trunk's own server can't be used: it answers no Range requests (a model is read in pieces and its
download is resumed), and it serves one folder, so 98 MB would be copied into it at each build.

Every response carries every header, errors and worker scripts too: a worker whose script came
without a policy has none. The app is cross-origin isolated, for threads in wasm; it may connect to
nothing but this server (and to the origins given with --allow, for a model that is loaded from one).
It serves files and nothing else: there is nothing to send anything to. Two files carry a policy of their
own, the page in its <meta> and the service worker; with --allow they are served with the origins put in.
"""

import argparse
import errno
import io
import json
import pathlib
import re
import sys
import zlib
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

# What the machine's own tables say differs from machine to machine; a module script or a wasm file of the wrong
# type is refused by the browser.
MIME_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".gguf": "application/octet-stream",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".jsonl": "application/x-ndjson; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}


def policy_headers(allowed_origins, isolated):
    """The headers of every response. `allowed_origins` are what the app may reach besides this server."""
    connect = " ".join(["'self'", *allowed_origins])
    policy = [
        "default-src 'none'",
        "script-src 'self' 'wasm-unsafe-eval'",
        "worker-src 'self'",
        f"connect-src {connect}",
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ]
    # The policy above can't stop a navigation, WebRTC or a DNS prefetch; this header, which Chrome
    # knows since 152, can.
    allowlist = " ".join(["response-origin", *(f'"{origin}"' for origin in allowed_origins)])
    headers = {
        "Content-Security-Policy": "; ".join(policy),
        "Connection-Allowlist": f"({allowlist})",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        # A page loaded from the cache could otherwise mix an old script with a new wasm file.
        "Cache-Control": "no-cache",
    }
    if isolated:
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        headers["Cross-Origin-Embedder-Policy"] = "require-corp"
    return headers


# The files that carry a policy of their own: what to find in them, and what to put there for the allowed origins.
CARRY_A_POLICY = {
    "index.html": ("connect-src 'self'", lambda origins: " ".join(["connect-src 'self'", *origins])),
    "service_worker.js": ("const SERVER_ALLOWS = [];", lambda origins: f"const SERVER_ALLOWS = {json.dumps(origins)};"),
}


def parse_range(header, size):
    """(first, last) of a single byte range, None to send the whole file, 'unsatisfiable' for a 416."""
    match = re.fullmatch(r"bytes=(\d*)-(\d*)", (header or "").strip())
    if not match or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if first == "":
        length = min(int(last), size)
        return (size - length, size - 1) if length else "unsatisfiable"
    if last != "" and int(last) < int(first):
        return None
    if int(first) >= size:
        return "unsatisfiable"
    return (int(first), min(int(last), size - 1) if last else size - 1)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Set by `main`.
    dist = models = headers_of_all = None
    allowed_origins = []
    verbose = False

    def do_GET(self):
        self.answer(body=True)

    def do_HEAD(self):
        self.answer(body=False)

    def answer(self, body):
        path = self.locate(unquote(urlsplit(self.path).path))
        if path is None:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        file, size, etag = self.open(path)
        with file:
            if etag in [tag.strip() for tag in self.headers.get("If-None-Match", "").split(",")]:
                self.send_response(HTTPStatus.NOT_MODIFIED)
                self.send_header("ETag", etag)
                self.end_headers()
                return
            wanted = parse_range(self.headers.get("Range"), size)
            if self.headers.get("If-Range", etag) != etag:
                wanted = None
            if wanted == "unsatisfiable":
                self.send_response(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
                self.send_header("Content-Range", f"bytes */{size}")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            first, last = wanted or (0, size - 1)
            self.send_response(HTTPStatus.PARTIAL_CONTENT if wanted else HTTPStatus.OK)
            if wanted:
                self.send_header("Content-Range", f"bytes {first}-{last}/{size}")
            self.send_header("Content-Type", MIME_TYPES.get(path.suffix, "application/octet-stream"))
            self.send_header("Content-Length", str(last - first + 1))
            self.send_header("Accept-Ranges", "bytes")
            self.send_header("ETag", etag)
            self.end_headers()
            if body:
                self.copy(file, first, last)

    def open(self, path):
        """The file at `path`, its size and its tag."""
        if self.allowed_origins and path.parent == self.dist and path.name in CARRY_A_POLICY:
            found, put = CARRY_A_POLICY[path.name]
            body = path.read_text("utf-8").replace(found, put(self.allowed_origins), 1).encode()
            return io.BytesIO(body), len(body), f'"{zlib.crc32(body):x}-{len(body):x}"'
        stat = path.stat()
        return path.open("rb"), stat.st_size, f'"{stat.st_mtime_ns:x}-{stat.st_size:x}"'

    def copy(self, file, first, last):
        file.seek(first)
        left = last - first + 1
        while left and (block := file.read(min(left, 1 << 18))):
            self.wfile.write(block)
            left -= len(block)
        # A file that shrank meanwhile: the promised length can't be kept, so the connection says so.
        self.close_connection = self.close_connection or left > 0

    def locate(self, path):
        """The file that a URL path means, or None. Nothing outside the two folders is ever named."""
        if "\0" in path:
            return None
        if path.startswith("/models/"):
            # A link to a model that is kept elsewhere is fine; a path to elsewhere isn't.
            name = path[len("/models/"):]
            file = self.models / name
            return file if "/" not in name and file.suffix == ".gguf" and file.is_file() else None
        file = (self.dist / path.lstrip("/")).resolve()
        if file != self.dist and self.dist not in file.parents:
            return None
        if file.is_file():
            return file
        # The app's own addresses (/history and the like) are all the one page.
        index = self.dist / "index.html"
        return index if "." not in path.rsplit("/", 1)[-1] and index.is_file() else None

    def end_headers(self):
        for name, value in self.headers_of_all.items():
            self.send_header(name, value)
        super().end_headers()

    def handle(self):
        try:
            super().handle()
        except (BrokenPipeError, ConnectionResetError):
            pass  # The browser cancelled the request.

    def log_message(self, format, *args):
        if self.verbose:
            super().log_message(format, *args)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    # A browser opens a dozen connections at once; the default queue of five makes some of them wait a second.
    request_queue_size = 64
    # Otherwise two servers could share one port on some systems, and each get half of the requests.
    allow_reuse_port = False


def listen(port):
    """A server on `port` (0: any free one), or on one of the next twenty where that one is taken."""
    for candidate in [port] if port == 0 else range(port, port + 20):
        try:
            server = Server(("127.0.0.1", candidate), Handler)
        except OSError as error:
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise
            continue
        if candidate != port and port != 0:
            print(
                f"port {port} is in use, taking {candidate}. A browser keeps what the app saved by port: "
                f"what was saved at port {port} isn't shown at {candidate}.",
                file=sys.stderr,
            )
        return server
    sys.exit(f"no free port from {port} to {port + 19}; choose one with --port N")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dist", required=True, type=pathlib.Path, help="the built app")
    parser.add_argument("--models", required=True, type=pathlib.Path, help="the folder whose .gguf files are at /models/")
    parser.add_argument("--port", type=int, default=8080, help="0 takes any free one")
    parser.add_argument("--allow", action="append", default=[], metavar="ORIGIN", help="an origin that the app may also reach")
    parser.add_argument("--no-isolation", action="store_true", help="leave out COOP and COEP, as an embedding host may")
    parser.add_argument("--verbose", action="store_true", help="log each request")
    arguments = parser.parse_args()
    for origin in arguments.allow:
        if not re.fullmatch(r"https?://[A-Za-z0-9.-]+(:\d+)?", origin):
            parser.error(f"--allow takes an origin such as https://models.example, not {origin!r}")
    if not (arguments.dist / "index.html").is_file():
        parser.error(f"{arguments.dist} holds no index.html: build the app first")

    Handler.dist = arguments.dist.resolve()
    Handler.models = arguments.models.resolve()
    Handler.headers_of_all = policy_headers(arguments.allow, not arguments.no_isolation)
    Handler.allowed_origins = arguments.allow
    Handler.verbose = arguments.verbose
    server = listen(arguments.port)
    # `start` and the tests read this line to learn the port.
    print(f"http://127.0.0.1:{server.server_address[1]}/", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
