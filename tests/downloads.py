"""A download site on the loopback: it keeps ranges, breaks off, refuses, or lies, as it is told."""

import ssl
import subprocess
import threading
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from typing_extensions import Self


class DownloadSite:
    """Offers files by name; `asked` holds what was asked for, with the first byte that was wanted."""

    def __init__(self, **files: bytes):
        self.files = {name.replace("__", "."): content for name, content in files.items()}
        self.ranges = True
        self.breaks_after: list[int] = []
        """For each answer to come, the bytes after which the connection ends."""
        self.status = 200
        self.asked: list[tuple[str, int]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def encrypted(self, certificate: Path) -> Self:
        """Speak TLS, with a certificate of an authority that nobody knows; to be called before the site is entered."""
        key = certificate.with_suffix(".key")
        new = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=127.0.0.1"]
        san = ["-addext", "subjectAltName=IP:127.0.0.1"]
        subprocess.run([*new, *san, "-keyout", key, "-out", certificate], check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.url = self.url.replace("http:", "https:")
        return self

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, site: DownloadSite, *args):
        self.site = site
        super().__init__(*args)

    def do_GET(self):
        name, start = self.path.lstrip("/"), int(self.headers.get("Range", "bytes=0-")[6:-1])
        self.site.asked.append((name, start))
        content = self.site.files.get(name)
        if content is None or self.site.status != 200:
            self.send_error(404 if content is None else self.site.status)
        elif start and self.site.ranges:
            self._send(206, content[start:]) if start < len(content) else self.send_error(416)
        else:
            self._send(200, content)

    def _send(self, status: int, content: bytes):
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        end = self.site.breaks_after.pop(0) if self.site.breaks_after else None
        self.wfile.write(content[:end])

    def log_message(self, *_):
        pass
