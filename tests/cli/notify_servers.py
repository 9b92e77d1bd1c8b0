"""notify_servers.py: real servers on loopback for tests of notification: a CA of their own, a mail server (aiosmtpd), one for HTTP, and
one for syslog over TLS. Each can be told to misbehave."""
import contextlib
import http.server
import pathlib
import socket
import ssl
import subprocess
import threading
import time

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword


def run(*words, **more):
    return subprocess.run(words, check=True, capture_output=True, **more).stdout


class Authority:
    """A CA, and certificates by it."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.ca = self.folder / "ca.pem"
        run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", self.folder / "ca.key", "-out", self.ca, "-days", "30", "-subj", "/CN=test")

    def issue(self, name, host="localhost"):
        key, csr, cert, extra = (self.folder / f"{name}.{end}" for end in ("key", "csr", "pem", "ext"))
        run("openssl", "req", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", csr, "-subj", f"/CN={host}")
        extra.write_text(f"subjectAltName=DNS:{host}")
        run("openssl", "x509", "-req", "-in", csr, "-CA", self.ca, "-CAkey", self.folder / "ca.key", "-CAcreateserial", "-out", cert, "-days", "30", "-extfile", extra)
        return cert, key

    def context(self, name, host="localhost"):
        c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        c.load_cert_chain(*self.issue(name, host))
        return c


class Mail:
    """Keeps what it is given; answer is what it says after the data."""

    def __init__(self, context, starttls=False, login=None):
        self.got = []
        self.answer = "250 OK queued"
        self.logins = []
        self.login = login
        more = {"tls_context": context, "require_starttls": True} if starttls else {"ssl_context": context}
        if login:
            more |= {"authenticator": self.authenticate, "auth_required": True, "auth_require_tls": starttls}
        self.controller = Controller(self, hostname="localhost", port=free_port(), **more)
        self.controller.start()
        self.url = f"{'smtp' if starttls else 'smtps'}://localhost:{self.controller.port}"

    def authenticate(self, server, session, envelope, mechanism, data):
        self.logins.append((data.login, data.password) if isinstance(data, LoginPassword) else data)
        return AuthResult(success=self.logins[-1] == self.login)

    async def handle_DATA(self, server, session, envelope):
        if self.answer.startswith("2"):
            self.got.append((envelope.mail_from, envelope.rcpt_tos, envelope.content.decode()))
        return self.answer

    def stop(self):
        self.controller.stop()


def free_port():
    with socket.socket() as s:
        s.bind(("localhost", 0))
        return s.getsockname()[1]


class Web:
    """Keeps requests. status is what it answers; once per key where it knows repeats, as Matrix' transaction ids do."""

    def __init__(self, context):
        outer = self
        self.got = []  # (method, path, headers, body)
        self.events = {}  # by path: what a receiver that tells repeats has
        self.status = 200
        self.body = b"{}"
        self.cut = False  # takes the request and hangs up

        class Handler(http.server.BaseHTTPRequestHandler):
            def take(self):
                length = int(self.headers["Content-Length"])
                body = self.rfile.read(length)
                if len(body) < length:  # the sender went away in the middle: no receiver takes half a message
                    return self.connection.close()
                outer.got.append((self.command, self.path, dict(self.headers), body))
                outer.events.setdefault((self.path, self.headers.get("Idempotency-Key")), body)
                if outer.cut:
                    return self.connection.close()
                self.send_response(outer.status)
                self.send_header("Content-Length", str(len(outer.body)))
                self.end_headers()
                self.wfile.write(outer.body)

            do_POST = do_PUT = take

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            def handle_error(self, *_):
                pass

        self.server = Server(("localhost", 0), Handler)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"https://localhost:{self.server.server_port}"

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class Scripted:
    """A server that does what a function says with each connection: to hang, to cut, to lie."""

    def __init__(self, act):
        self.listener = socket.create_server(("localhost", 0))
        self.port = self.listener.getsockname()[1]
        self.act = act
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                threading.Thread(target=self.one, args=(connection,), daemon=True).start()

    def one(self, connection):
        with contextlib.suppress(OSError, ssl.SSLError):
            with connection:
                self.act(connection)

    def stop(self):
        self.listener.close()


def hang(connection):
    time.sleep(60)


def lines(connection, *pairs):
    """Speaks: each pair is what is said, and the beginning of what is waited for then."""
    f = connection.makefile("rwb")
    for say, wait in pairs:
        f.write(say)
        f.flush()
        while wait is not None and not (f.readline() or b"").upper().startswith(wait):
            pass
