"""A web server that misbehaves on order, for the tests of molbridge model pull. Standard library only."""

import hashlib
import ssl
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        # A proxy is asked for the whole address.
        path = self.path.split("/", 3)[3] if self.path.startswith("http://") else self.path[1:]
        self.server.requests.append((path, dict(self.headers), self.path))
        action = self.server.actions.get(path)
        try:
            if action is None:
                self.plain(404, b"no such file")
            else:
                action(self)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def plain(self, status, body, **headers):
        self.head(status, {"Content-Length": str(len(body)), **{k.replace("_", "-"): v for k, v in headers.items()}})
        self.wfile.write(body)

    def head(self, status, headers):
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key, value)
        self.end_headers()

    def cut(self):
        self.wfile.flush()
        self.close_connection = True
        self.connection.close()

    def asked_from(self):
        return int(self.headers["Range"].removeprefix("bytes=").rstrip("-")) if "Range" in self.headers else 0

    def serve(self, body, etag='"v1"', ranges=True, stop_after=None, **more):
        """As a good server does, with If-Range; breaks off after `stop_after` bytes of the body it sends."""
        start = self.asked_from() if ranges else 0
        if start and self.headers.get("If-Range", etag) != etag:
            start = 0
        headers = {"ETag": etag, **more}
        if start >= len(body) > 0:
            self.head(416, {"Content-Range": f"bytes */{len(body)}", "Content-Length": "0"})
            return
        rest = body[start:]
        headers["Content-Length"] = str(len(rest))
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
        self.head(206 if start else 200, headers)
        if stop_after is None or stop_after >= len(rest):
            self.wfile.write(rest)
        else:
            self.wfile.write(rest[:stop_after])
            self.cut()


class Server:
    """actions[path] = function of the handler; requests: (path, headers, request target) in order."""

    def __init__(self, certificate=None):
        """`certificate`: a PEM file with key and certificate makes it https."""
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.http.socket = context.wrap_socket(self.http.socket, server_side=True, do_handshake_on_connect=False)
        self.http.daemon_threads = True
        self.http.actions, self.http.requests = {}, []
        self.url = f"{'https' if certificate else 'http'}://127.0.0.1:{self.http.server_address[1]}"
        threading.Thread(target=self.http.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def actions(self):
        return self.http.actions

    @property
    def requests(self):
        return self.http.requests

    def paths(self):
        return [path for path, _, _ in self.requests]

    def close(self):
        self.http.shutdown()
        self.http.server_close()


def sequence(*actions):
    """One after the other; the last one for ever."""
    left = list(actions)
    return lambda handler: (left.pop(0) if len(left) > 1 else left[0])(handler)


def body_of(size, seed=1):
    block = b"".join(hashlib.sha256(f"{seed}/{i}".encode()).digest() for i in range(64))
    return (block * (size // len(block) + 1))[:size]


def sha(body):
    return hashlib.sha256(body).hexdigest()


def slowly(body, piece, seconds):
    def action(handler):
        start = handler.asked_from()
        headers = {"ETag": '"v1"', "Content-Length": str(len(body) - start)}
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
        handler.head(206 if start else 200, headers)
        for at in range(start, len(body), piece):
            handler.wfile.write(body[at : at + piece])
            handler.wfile.flush()
            time.sleep(seconds)

    return action
