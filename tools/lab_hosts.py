"""lab_hosts.py WHAT …: what the hosts of the lab do (tools/lab): serve, visit, flood, try passwords, hold a link, take messages.

Everything ends by itself after a time that is given, and reaches the lab's own addresses only."""
import http.server
import ipaddress
import json
import socket
import socketserver
import ssl
import sys
import threading
import time

LAB = ipaddress.ip_network("10.9.0.0/24")
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nshop\n"
LOCK = threading.Lock()


def to_lab(address):
    if ipaddress.ip_address(address) not in LAB:
        sys.exit(f"{address} is not in the lab")
    return address


def append(path, line):
    with LOCK, open(path, "a", encoding="utf-8") as out:
        out.write(line + "\n")


def combined(source, second, path, agent):
    stamp = time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(second))
    return f'{source} - - [{stamp}] "GET {path} HTTP/1.1" 200 5 "-" "{agent}"'


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 512
    log = ""


class Web(socketserver.StreamRequestHandler):
    """A small web server that keeps a log as others do."""

    timeout = 3

    def handle(self):
        try:
            first = self.rfile.readline(4096).decode(errors="replace").split()
            agent = "-"
            while (line := self.rfile.readline(4096).strip()):
                if line.lower().startswith(b"user-agent:"):
                    agent = line.split(b":", 1)[1].strip().decode(errors="replace")
            if len(first) > 1:
                append(self.server.log, combined(self.client_address[0], time.time(), first[1], agent))
                self.wfile.write(ANSWER)
        except OSError:
            pass


class Door(socketserver.StreamRequestHandler):
    """Asks for a name and a password as sshd would, and logs it so; who is let in is answered line by line."""

    def handle(self):
        try:
            self.wfile.write(b"SSH-2.0-lab\r\n")
            words = self.rfile.readline(256).decode(errors="replace").split()
            if not words:
                return  # only looked whether somebody is at home
            host, port = self.client_address
            good = len(words) == 2 and words == ["ana", "right"]
            stamp = time.strftime("%b %e %H:%M:%S", time.localtime())
            append(self.server.log, f"{stamp} web1 sshd[900]: {'Accepted' if good else 'Failed'} password for {words[0]} "
                                    f"from {host} port {port} ssh2")
            while good and (line := self.rfile.readline(256)):
                self.wfile.write(line)
        except OSError:
            pass


def serve(handler, address, port, log, seconds):
    server = Server((to_lab(address), int(port)), handler)
    server.log = log
    threading.Thread(target=server.serve_forever, daemon=True).start()
    time.sleep(float(seconds))


def get(address, source, path, agent, timeout=1.0):
    with socket.create_connection((to_lab(address), 80), timeout=timeout, source_address=(source, 0)) as s:
        s.sendall(f"GET {path} HTTP/1.1\r\nHost: shop\r\nUser-Agent: {agent}\r\n\r\n".encode())
        return s.recv(64).startswith(b"HTTP/1.1 200")


def can_get(address, source):
    try:
        return get(address, source, "/", "lab-check/1", 1.0)
    except OSError:
        return False


def history(log, visitor):
    """An hour of visitors who are made up: 40 of them, and the one of the lab, who thus came before."""
    now = int(time.time())
    lines = [combined(f"192.0.2.{1 + n}", at, "/", "Mozilla/5.0 (made up)")
             for at in range(now - 3600, now - 60, 10) for n in range(at % 3, 40, 3)]
    lines += [combined(visitor, at, "/", "Mozilla/5.0 (the lab)") for at in range(now - 1800, now - 60, 30)]
    lines.sort(key=lambda line: line.split("[")[1].split("]")[0])
    with open(log, "a", encoding="utf-8") as out:
        out.write("\n".join(lines) + "\n")


def visit(address, source, seconds, log):
    """Somebody who visits the shop four times a second; each try is a line: time, and whether it worked."""
    end = time.time() + float(seconds)
    while time.time() < end:
        append(log, f"{time.time():.2f} {'served' if can_get(address, source) else 'refused'}")
        time.sleep(0.25)


def flood(address, seconds, *sources):
    """Each source asks as fast as it gets answers, at most 100 times a second."""
    end = time.time() + min(float(seconds), 10)

    def one(source):
        while time.time() < end:
            began = time.time()
            try:
                get(address, source, "/search?q=" + "x" * 40, "flood/1", 0.5)
            except OSError:
                pass
            time.sleep(max(0, 0.01 - (time.time() - began)))

    threads = [threading.Thread(target=one, args=(source,)) for source in sources]
    for t in threads:
        t.start()
    for t in threads:
        t.join()


def passwords(address, source, count):
    for i in range(min(int(count), 1000)):
        try:
            with socket.create_connection((to_lab(address), 22), timeout=0.5, source_address=(source, 0)) as s:
                s.recv(64)
                s.sendall(f"root guess{i}\n".encode())
                s.recv(1)
        except OSError:
            pass


def log_in(address, source):
    s = socket.create_connection((to_lab(address), 22), timeout=0.7, source_address=(source, 0))
    s.recv(64)
    s.sendall(b"ana right\n")
    return s


def link(address, source, seconds, log):
    """A responder's session: says when it is lost, and when it can be had again."""
    end = time.time() + float(seconds)
    session, lost = None, 0.0
    while time.time() < end:
        try:
            session = session or log_in(address, source)
            session.sendall(b"still here\n")
            if not session.recv(64):
                raise OSError("closed")
            if lost:
                append(log, f"{time.strftime('%H:%M:%S')} back, after {time.time() - lost:.1f} s")
            lost = 0.0
        except OSError:
            if not lost:
                lost = time.time()
                append(log, f"{time.strftime('%H:%M:%S')} lost")
            if session:
                session.close()
            session = None
        time.sleep(0.2)


class Messenger(http.server.BaseHTTPRequestHandler):
    """Takes messages as a Matrix homeserver does, each event once, and keeps their texts."""

    protocol_version = "HTTP/1.1"
    timeout = 5
    events = {}
    log = ""

    def do_PUT(self):
        body = self.rfile.read(min(int(self.headers.get("Content-Length") or 0), 1 << 20))
        text = json.loads(body)["body"]
        if self.path not in self.events:
            append(self.log, f"{time.strftime('%H:%M:%S')} {self.path.split('/')[5]}\n{text}\n")
        event = self.events.setdefault(self.path, f"${len(self.events)}:lab")
        answer = json.dumps({"event_id": event}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


def messenger(address, port, certificate, key, log, seconds):
    Messenger.log = log
    server = http.server.ThreadingHTTPServer((to_lab(address), int(port)), Messenger)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Timer(float(seconds), server.shutdown).start()
    server.serve_forever()


def reach(address, source, port):
    """yes or no: can this source connect to that port?"""
    try:
        socket.create_connection((to_lab(address), int(port)), timeout=1, source_address=(source, 0)).close()
        print("yes")
    except OSError:
        print("no")


WHAT = {"web": lambda *a: serve(Web, *a), "door": lambda *a: serve(Door, *a), "history": history, "visit": visit, "flood": flood,
        "passwords": passwords, "link": link, "reach": reach, "messenger": messenger}
WHAT[sys.argv[1]](*sys.argv[2:])
