"""A minimal Service: answers every GET with a greeting and the name of its revision."""

import os
import signal
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PORT = int(os.environ.get("PORT", "8080"))
TARGET = os.environ.get("TARGET", "World")
REVISION = os.environ.get("K_REVISION", "no revision")


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        body = f"Hello {TARGET}! I am {REVISION}.\n".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Server(ThreadingHTTPServer):
    # The server waits for open requests when it closes.
    daemon_threads = False


if __name__ == "__main__":
    with Server(("", PORT), Handler) as server:
        # Knative sends SIGTERM before it stops a container. shutdown() blocks until serve_forever() ends.
        signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
        print(f"listening on port {PORT}", flush=True)
        server.serve_forever()
