"""test_notify.py: messages that go: over real servers on loopback, once, to people who may know, and to nobody else."""
import base64
import contextlib
import email
import email.policy
import hashlib
import hmac
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(__file__))
try:
    import notify_servers as servers
except ImportError as missing:
    print(f"skipped: {missing} (python3-aiosmtpd)")
    sys.exit(77)
import harness  # noqa: E402
from harness import AHEAD, SANITIZED, CaseTest, main  # noqa: E402

SECRET = "qzqSECRETqzq4711"
# What the case does not know of these texts, and without which they would have a hole.
FIRST = f"first-alarm --set contact=0171-222222 --set next_update={AHEAD}"


class NotifyTest(CaseTest):
    @classmethod
    def setUpClass(cls):
        cls.keys = tempfile.TemporaryDirectory(prefix="calm-notify-")
        cls.addClassCleanup(cls.keys.cleanup)
        cls.authority = servers.Authority(cls.keys.name)
        cls.context = cls.authority.context("server")
        home = cls.authority.folder / "gnupg"
        home.mkdir(mode=0o700)
        cls.gpg = ["gpg", "--homedir", str(home), "--batch", "--quiet", "--passphrase", "", "--pinentry-mode", "loopback"]
        cls.addClassCleanup(subprocess.run, ["gpgconf", "--homedir", str(home), "--kill", "all"], check=False, capture_output=True)
        servers.run(*cls.gpg, "--quick-gen-key", "Eva Brandt <eva@example.org>", "default", "default", "30d")
        cls.pgp = cls.authority.folder / "eva.asc"
        cls.pgp.write_bytes(servers.run(*cls.gpg, "--armor", "--export", "eva@example.org"))
        cls.smime = cls.authority.folder / "eva.pem"
        cls.smime_key = cls.authority.folder / "eva.key"
        servers.run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", cls.smime_key, "-out", cls.smime, "-days", "30", "-subj", "/CN=Eva")

    def setUp(self):
        super().setUp()
        self.ana('team add "Eva Brandt" --mobile "0171 000000"')
        self.ana('team add "Jan Falk" --mobile "0171 111111"')
        self.ana("assess system mail1")
        self.ana('notify role cio "Eva Brandt" --alternate "Jan Falk"')

    def settings(self, text, mode=0o600):
        folder = self.ana.home / ".config" / "calm"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "notify.conf"
        path.write_text(text)
        path.chmod(mode)
        return path

    def start(self, server):
        self.addCleanup(server.stop)
        return server

    def mail_account(self, url, protect="pgp", more=""):
        return (f"[mail]\nkind = smtp\nurl = {url}\nfrom = calm@example.org\nprotect = {protect}\nca = {self.authority.ca}\nwait = 5\n{more}\n"
                f"[key eva@example.org]\npgp = {self.pgp}\nsmime = {self.smime}\n")

    def office_mail(self):
        self.ana('notify channel "office mail" --account mail --trust trusted --relies-on mail1 --reaches "Eva Brandt: eva@example.org" --reaches "Jan Falk: jan@example.org"')

    def room(self, server, shape="json", more="", label="amber"):
        return f"[room]\nkind = webhook\nurl = {server.url}/hook/{SECRET}\nshape = {shape}\nlabel = {label}\nca = {self.authority.ca}\nwait = 5\n{more}\n"

    def message(self, n=1):
        return self.ana.json("notify list")[n - 1]

    def send(self, words="m1", person=None):
        """What notify send says of messages, as JSON; whatever the exit status."""
        done = (person or self.ana).run("notify", "send", *words.split(), "--json")
        return done.returncode, json.loads(done.stdout or b"[]"), done.stderr.decode()


class Mail(NotifyTest):
    def sent_mail(self, protect, **more):
        server = self.start(servers.Mail(self.context, **more))
        self.settings(self.mail_account(server.url, protect))
        self.office_mail()
        self.ana(f'notify write "Eva Brandt" {FIRST}')
        status, said, error = self.send()
        self.assertEqual((status, said[0]["state"]), (0, "sent"), error)
        self.assertEqual(len(server.got), 1)
        return server.got[0]

    def test_a_mail_is_encrypted_for_gpg_and_its_subject_tells_nothing(self):
        sender, to, text = self.sent_mail("pgp")
        self.assertEqual((sender, to), ("calm@example.org", ["eva@example.org"]))
        outer = email.message_from_string(text, policy=email.policy.default)
        self.assertEqual(outer["Subject"], "[...]")
        self.assertEqual(outer.get_content_type(), "multipart/encrypted")
        self.assertNotIn("looking into", text)
        plain = subprocess.run([*self.gpg, "--decrypt"], input=outer.get_payload()[1].get_payload().encode(), capture_output=True, check=True).stdout
        inner = email.message_from_bytes(plain, policy=email.policy.default)
        self.assertEqual(inner["Subject"], "Please read this first: what we know, and what we ask of you")
        self.assertEqual(inner["Content-Type"].params["hp"], "cipher")
        self.assertIn(f"You will hear from us again at {AHEAD}", inner.get_content())

    def test_a_mail_is_encrypted_for_openssl_over_starttls(self):
        _, _, text = self.sent_mail("smime", starttls=True)
        plain = subprocess.run(["openssl", "cms", "-decrypt", "-recip", str(self.smime), "-inkey", str(self.smime_key)], input=text.encode(),
                               capture_output=True, check=True).stdout
        inner = email.message_from_bytes(plain, policy=email.policy.default)
        self.assertIn("Eva Brandt,", inner.get_content())
        self.assertNotIn("Eva Brandt,\n\nwe are", text)

    def test_the_message_id_is_that_of_the_record(self):
        _, _, text = self.sent_mail("pgp")
        self.assertRegex(text, r"Message-ID: <[0-9a-f]{32}@calm\.invalid>")

    def test_a_password_reaches_the_mail_server_and_nothing_else(self):
        server = self.start(servers.Mail(self.context, login=(b"calm", SECRET.encode())))
        server.answer = f"451 not for {SECRET} now"
        self.settings(self.mail_account(server.url, more=f"user = calm\npassword = {SECRET}"))
        self.office_mail()
        self.ana('notify draft "Eva Brandt" "The shop is off."')
        status, said, _ = self.send()
        self.assertEqual(server.logins, [(b"calm", SECRET.encode())])
        self.assertEqual((status, said[0]["state"]), (11, "waiting"))
        self.assertIn("It said: 451 not for ****************", said[0]["why"])
        everything = json.dumps(self.ana.json("notify list")) + self.ana("log --full") + self.ana("notify queue") + self.ana("notify accounts")
        self.assertNotIn(SECRET, everything)
        for path in self.folder.rglob("*"):
            if path.is_file() and path.name != "notify.conf":
                self.assertNotIn(SECRET.encode(), path.read_bytes(), path)


    def test_no_secret_is_in_an_argument_an_environment_or_a_dump(self):
        server = self.start(servers.Scripted(servers.hang))
        self.settings(self.mail_account(f"smtps://localhost:{server.port}", more=f"user = calm\npassword = {SECRET}"))
        self.office_mail()
        self.ana('notify draft "Eva Brandt" "The shop is off."')
        self.ana('notify draft "Eva Brandt" "The shop is on."')
        words = [harness.CALM, "--case", str(self.case), "notify", "send", "m1"]
        looked = set()
        with subprocess.Popen(words, env=self.ana.env, cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as calm:
            while calm.poll() is None:
                for pid in self.family(calm.pid):
                    with contextlib.suppress(OSError):
                        place = pathlib.Path("/proc") / str(pid)
                        name = (place / "comm").read_text().strip()
                        for part in ("cmdline", "environ"):
                            self.assertNotIn(SECRET.encode(), (place / part).read_bytes())
                        if name == "calm-send" and re.search(r"Max core file size +0 +0 ", (place / "limits").read_text()):
                            looked.add(name)
                        if name == "calm" and pid == calm.pid:
                            looked.add(name)
            said = calm.stdout.read() + calm.stderr.read()
        self.assertNotIn(SECRET.encode(), said)
        self.assertEqual(looked, {"calm", "calm-send"})
        if SANITIZED or not shutil.which("strace"):
            return
        log = self.folder / "started"
        subprocess.run(["strace", "-f", "-qq", "-s", "100000", "-e", "trace=execve", "-v", "-o", str(log), *words[:-1], "m2"], env=self.ana.env, cwd=self.folder,
                       capture_output=True, check=False)
        self.assertIn("/gpg", log.read_text())
        self.assertNotIn(SECRET, log.read_text())

    @staticmethod
    def family(pid):
        """A process and its children."""
        out = [pid]
        with contextlib.suppress(OSError):
            for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
                out.append(int(child))
        return out


class BadServers(NotifyTest):
    """Each is said in a clear sentence, is on record, and nothing is sent twice or in clear."""

    def try_one(self, url, state, words, more=""):
        self.settings(self.mail_account(url, more=more))
        self.office_mail()
        self.ana('notify draft "Eva Brandt" "The shop is off."')
        status, said, error = self.send()
        self.assertEqual(said[0]["state"], state, error)
        self.assertIn(words, said[0]["why"])
        self.assertIn(words, self.ana("notify queue"))
        self.assertIn(words, " ".join(self.ana("log --full").split()))
        return status

    def test_a_server_that_cannot_take_it_now_is_tried_again(self):
        server = self.start(servers.Mail(self.context))
        server.answer = "451 try later"
        self.assertEqual(self.try_one(server.url, "waiting", "the mail server cannot take it now (451). It said: 451 try later"), 11)
        self.assertIn("next-try", self.message())

    def test_a_server_that_refuses_leaves_the_telephone(self):
        server = self.start(servers.Mail(self.context))
        server.answer = "500 no"
        self.assertEqual(self.try_one(server.url, "phone", "the mail server refuses it (500). It said: 500 no"), 0)
        self.assertIn("Number: 0171 000000", self.ana("notify sheet"))

    def test_a_server_that_hangs_is_left_in_time(self):
        server = self.start(servers.Scripted(servers.hang))
        self.try_one(f"smtps://localhost:{server.port}", "waiting", "the server did not answer in time")

    def test_a_server_with_another_name_gets_nothing(self):
        server = self.start(servers.Mail(self.authority.context("other", "elsewhere.example")))
        self.assertEqual(self.try_one(server.url, "phone", "certificate is not one for that name"), 0)
        self.assertEqual(server.got, [])

    def test_a_server_of_another_authority_gets_nothing(self):
        server = self.start(servers.Mail(self.context))
        text = self.mail_account(server.url).replace(str(self.authority.ca), str(self.smime))
        self.settings(text)
        self.office_mail()
        self.ana('notify draft "Eva Brandt" "The shop is off."')
        self.assertIn("by an authority that is trusted here", self.send()[1][0]["why"])
        self.assertEqual(server.got, [])

    def test_starttls_that_is_taken_away_is_noticed(self):
        seen = []

        def strip(connection):
            f = connection.makefile("rwb")
            f.write(b"220 mail\r\n")
            f.flush()
            while line := f.readline():
                seen.append(line)
                f.write(b"250-mail\r\n250 8BITMIME\r\n" if line.upper().startswith(b"EHLO") else b"250 ok\r\n")
                f.flush()

        server = self.start(servers.Scripted(strip))
        self.try_one(f"smtp://localhost:{server.port}", "phone", "no STARTTLS")
        self.assertFalse([line for line in seen if line.upper().startswith((b"MAIL", b"DATA", b"AUTH"))])

    def test_a_cut_after_the_data_is_not_sent_again(self):
        taken = []

        def cut(connection):
            with self.context.wrap_socket(connection, server_side=True) as c:
                f = c.makefile("rwb")
                for say, wait in ((b"220 mail\r\n", b"EHLO"), (b"250 mail\r\n", b"MAIL"), (b"250 ok\r\n", b"RCPT"), (b"250 ok\r\n", b"DATA")):
                    f.write(say)
                    f.flush()
                    while not (line := f.readline()).upper().startswith(wait):
                        if not line:
                            return
                f.write(b"354 go on\r\n")
                f.flush()
                taken.append(f.readline())

        server = self.start(servers.Scripted(cut))
        self.assertEqual(self.try_one(f"smtps://localhost:{server.port}", "unknown", "the connection was cut"), 11)
        self.assertEqual(len(taken), 1)
        self.assertEqual(self.send("--all")[1], [])
        status, said = self.ana.fails("notify send m1")
        self.assertEqual(status, 5)
        self.assertIn("nobody knows whether m1 arrived", said)
        self.ana('notify failed m1 "has nothing"')  # they were asked
        self.send("m1")
        self.assertEqual(len(taken), 2)

    def test_what_a_server_says_is_cleaned_and_short(self):
        server = self.start(servers.Web(self.context))
        server.status, server.body = 503, b"\x1b[31mred\x00\xff\xe2\x80\xae" + b"x" * 5000
        self.settings(self.room(server))
        self.ana('notify channel room --account room --trust trusted --reaches "Eva Brandt"')
        self.ana('notify draft "Eva Brandt" "hello"')
        why = self.send()[1][0]["why"]
        self.assertRegex(why, r"It said: \[31mred x{192}$")


class Web(NotifyTest):
    on_disk = True  # one test lays another folder over /dev

    def post(self, shape, more="", text="R&D <all> @here \"x\"\nline two"):
        server = self.start(servers.Web(self.context))
        self.settings(self.room(server, shape, more))
        self.ana('notify channel room --account room --trust trusted --reaches "Eva Brandt"')
        self.ana.run("notify", "draft", "Eva Brandt", text)
        status, said, error = self.send()
        self.assertEqual((status, said[0]["state"]), (0, "sent"), error)
        self.assertEqual(len(server.got), 1)
        return server.got[0]

    def test_slack_gets_its_shape_without_control_characters(self):
        _, _, _, body = self.post("slack")
        self.assertEqual(json.loads(body), {"text": "R&amp;D &lt;all&gt; @here \"x\"\nline two"})

    def test_mattermost_mentions_nobody(self):
        self.assertEqual(json.loads(self.post("mattermost")[3]), {"text": "R&amp;D &lt;all&gt; @\u200bhere \"x\"\nline two"})

    def test_teams_gets_a_card(self):
        body = json.loads(self.post("teams")[3])
        self.assertEqual(body["attachments"][0]["content"]["body"], [{"type": "TextBlock", "wrap": True, "text": "R&D <all> @here \"x\"\nline two"}])

    def test_json_is_signed(self):
        _, path, headers, body = self.post("json", f"secret = {SECRET}key\ntoken = tok{SECRET}")
        self.assertEqual(headers["X-Calm-Signature"], "sha256=" + hmac.new(f"{SECRET}key".encode(), body, hashlib.sha256).hexdigest())
        self.assertEqual(headers["Authorization"], "Bearer tok" + SECRET)
        self.assertEqual(path, "/hook/" + SECRET)
        said = json.loads(body)
        self.assertEqual(said["id"], headers["Idempotency-Key"])
        self.assertEqual((said["to"], said["label"]), ("Eva Brandt", "TLP:AMBER"))

    def one(self, account, channel, draft="hello"):
        self.settings(account)
        self.ana(f"notify channel c --account c --trust trusted {channel}")
        self.ana.run("notify", "draft", "Eva Brandt", draft)
        return self.send()

    def test_matrix_takes_a_repeat_for_the_same_event(self):
        server = self.start(servers.Web(self.context))
        server.cut = True
        account = f"[c]\nkind = matrix\nurl = {server.url}\ntoken = {SECRET}\nca = {self.authority.ca}\nwait = 5\n"
        status, said, _ = self.one(account, '--reaches "Eva Brandt: !room:example.org"')
        self.assertEqual((status, said[0]["state"], said[0]["may-have-arrived"]), (11, "waiting", "yes"))
        server.cut = False
        self.ana('notify channel other --account c --trust trusted --reaches "Eva Brandt: !b:example.org"')
        status, said, _ = self.send()
        self.assertEqual((status, said[0]["state"]), (0, "sent"))
        self.assertEqual(len(server.got), 2)
        self.assertEqual(len(server.events), 1)  # one path: room and transaction
        method, path, headers, body = server.got[0]
        self.assertEqual((method, headers["Authorization"]), ("PUT", "Bearer " + SECRET))
        self.assertRegex(path, r"^/_matrix/client/v3/rooms/%21room%3Aexample\.org/send/m\.room\.message/[0-9a-f]{32}$")
        self.assertEqual(json.loads(body), {"msgtype": "m.text", "body": "hello"})

    def test_ntfy_gets_the_text_and_a_title_that_tells_nothing(self):
        server = self.start(servers.Web(self.context))
        account = f"[c]\nkind = ntfy\nurl = {server.url}/\nlabel = amber\nca = {self.authority.ca}\n"
        self.assertEqual(self.one(account, '--reaches "Eva Brandt: eva-17"')[0], 0)
        method, path, headers, body = server.got[0]
        self.assertEqual((method, path, headers["Title"], body), ("POST", "/eva-17", "[...]", b"hello"))

    def test_a_gateway_gets_number_and_text_as_a_form(self):
        server = self.start(servers.Web(self.context))
        account = (f"[c]\nkind = sms\nurl = {server.url}/sms\nshape = form\nto-field = number\nlabel = amber\nuser = u\npassword = {SECRET}\n"
                   f"ca = {self.authority.ca}\n")
        self.assertEqual(self.one(account, '--reaches "Eva Brandt: +49 171-000000"', "ü & you")[0], 0)
        _, _, headers, body = server.got[0]
        self.assertEqual(body, b"number=%2B49171000000&text=%C3%BC+%26+you")  # WHATWG URL 5.2
        self.assertEqual(base64.b64decode(headers["Authorization"].removeprefix("Basic ")).decode(), "u:" + SECRET)

    def test_syslog_over_tls_is_framed_as_rfc_5425_says(self):
        got = []
        done = threading.Event()

        def take(connection):
            with self.context.wrap_socket(connection, server_side=True) as c:
                while piece := c.recv(65536):
                    got.append(piece)
            done.set()

        server = self.start(servers.Scripted(take))
        account = f"[c]\nkind = syslog\nurl = tls://localhost:{server.port}\nlabel = amber\nca = {self.authority.ca}\n"
        self.assertEqual(self.one(account, '--reaches "Eva Brandt"', "one\ntwo ü")[0], 0)
        self.assertTrue(done.wait(10))
        size, _, rest = b"".join(got).partition(b" ")
        self.assertEqual(int(size), len(rest))
        self.assertRegex(rest.decode(), r"^<133>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z - calm - NOTIFY - \ufeffone / two ü$")

    def test_the_local_daemon_gets_the_form_that_it_reads(self):
        self.settings("[c]\nkind = syslog\nurl = local\nlabel = amber\n")
        self.ana('notify channel c --account c --trust trusted --reaches "Eva Brandt"')
        self.ana.run("notify", "draft", "Eva Brandt", "one\ntwo")
        # A /dev of its own, where the test is the daemon.
        script = f"""
import os, socket, subprocess, sys
dev = {str(self.folder / "dev")!r}
os.mkdir(dev)
def mount(*words): subprocess.run(["mount", *words], check=True, capture_output=True)
mount("-t", "tmpfs", "none", dev)
for name in ("null", "zero", "urandom"):
    open(dev + "/" + name, "w").close()
    mount("--bind", "/dev/" + name, dev + "/" + name)
os.mkdir(dev + "/shm")
mount("--rbind", dev, "/dev")
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind("/dev/log")
done = subprocess.run({[harness.CALM, "--case", str(self.case), "notify", "send", "m1"]!r}, env={self.ana.env!r}, capture_output=True)
s.settimeout(5)
print(s.recv(65536).decode(), done.returncode)
"""
        done = subprocess.run(["unshare", "-m", sys.executable, "-c", script], capture_output=True, text=True, check=False)
        if done.returncode and "unshare" in done.stderr + done.stdout or "mount" in done.stderr:
            self.skipTest("no mounts of its own here")
        self.assertEqual(done.stdout, "<133>calm: one / two 0\n", done.stderr)

    def test_a_redirect_is_not_followed(self):
        server = self.start(servers.Web(self.context))
        server.status = 302
        self.settings(self.room(server))
        self.ana('notify channel room --account room --trust trusted --reaches "Eva Brandt"')
        self.ana('notify draft "Eva Brandt" "hello"')
        self.assertEqual(self.send()[1][0]["state"], "phone")
        self.assertEqual(len(server.got), 1)


class Choice(NotifyTest):
    """Which channel, who may know, who answers."""

    def two(self):
        mail = self.start(servers.Mail(self.context))
        web = self.start(servers.Web(self.context))
        self.settings(self.mail_account(mail.url) + self.room(web))
        self.office_mail()
        self.ana('notify channel room --account room --trust trusted --reaches "Eva Brandt" --reaches "Jan Falk"')
        return mail, web

    def test_after_an_hour_without_success_the_next_channel_is_used(self):
        mail, web = self.two()
        mail.answer = "451 busy"
        self.ana('notify reach ct1 --channel "office mail" --channel room')
        self.ana('notify draft "Eva Brandt" "hello"')
        status, said, _ = self.send('m1 --for 1s')
        self.assertEqual((status, said[0]["state"], len(web.got)), (11, "waiting", 0))
        self.assertEqual(self.send("--all")[1], [])  # not yet time
        time.sleep(1.2)
        self.assertEqual(self.send("m1")[1][0]["state"], "sent")
        self.assertEqual((len(mail.got), len(web.got)), (0, 1))
        self.assertEqual(self.message()["attempts"], "3")

    def test_of_two_senders_at_once_one_sends(self):
        _, web = self.two()
        self.ana('notify draft "Eva Brandt" "hello" --channel room')
        words = [harness.CALM, "--case", str(self.case), "notify", "send", "m1"]
        both = [subprocess.Popen(words, env=self.ana.env, cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(2)]
        said = [p.communicate() for p in both]
        self.assertEqual(len(web.got), 1, said)
        self.assertEqual(sorted(p.returncode for p in both), [0, 5])

    def test_another_person_does_not_take_over_what_is_being_sent(self):
        bo = self.join("bo")
        server = self.start(servers.Scripted(servers.hang))
        self.settings(self.mail_account(f"smtps://localhost:{server.port}"))
        self.office_mail()
        self.ana('notify draft "Eva Brandt" "hello"')
        words = [harness.CALM, "--case", str(self.case), "notify", "send", "m1"]
        with subprocess.Popen(words, env=self.ana.env, cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as calm:
            while bo.json("notify list")[0]["state"] != "sending":
                self.assertIsNone(calm.poll())
            status, said = bo.fails("notify send m1")
            calm.communicate()
        self.assertEqual(status, 5)
        self.assertIn("being sent by somebody else", said)

    def test_a_message_above_its_reader_or_of_a_compartment_is_not_sent(self):
        self.two()
        self.ana.run("notify", "draft", "Eva Brandt", "hello", "--tlp", "red")
        self.assertEqual(self.send()[0], 4)
        self.join("bo")
        self.ana("team compartment hr staff --with bo")
        self.ana('notify draft "Eva Brandt" "hello" --scope hr')
        status, _, said = self.send("m2")
        self.assertEqual(status, 4)
        self.assertIn("belongs to the compartment hr", " ".join(said.split()))

    def test_what_is_in_a_compartment_is_not_filled_into_a_text_for_others(self):
        self.join("bo")
        self.ana("team compartment hr staff --with bo")
        self.ana(f'problem raise "amber {SECRET}" --scope hr')
        self.assertNotIn(SECRET, self.ana.json(f'notify write "Eva Brandt" {FIRST}')["text"])
        self.assertIn(SECRET, self.ana.json(f'notify write "Eva Brandt" {FIRST} --scope hr')["text"])

    def test_a_compromised_channel_is_passed_over_and_the_next_is_used(self):
        mail, web = self.two()
        self.ana('notify trust "office mail" compromised --because "the attacker reads it"')
        self.ana('notify draft "Eva Brandt" "hello"')
        self.assertIn("Not over  office mail is marked compromised", self.ana("notify preview m1"))
        self.assertEqual(self.send()[1][0]["state"], "sent")
        self.assertEqual((len(mail.got), len(web.got)), (0, 1))

    def test_a_channel_on_an_affected_system_is_passed_over(self):
        mail, web = self.two()
        self.ana('notify reach ct1 --channel "office mail" --channel room')
        self.ana("assess mark mail1 affected")
        self.ana('notify draft "Eva Brandt" "hello"')
        self.send()
        self.assertEqual((len(mail.got), len(web.got)), (0, 1))

    def test_the_order_of_a_person_is_kept(self):
        mail, web = self.two()
        self.ana('notify reach ct1 --channel room --channel "office mail"')
        self.ana('notify draft "Eva Brandt" "hello"')
        self.send()
        self.assertEqual((len(mail.got), len(web.got)), (0, 1))

    def test_somebody_without_a_key_is_told_by_telephone_and_that_is_an_outcome(self):
        mail, _ = self.two()
        self.ana("notify trust room compromised --because no")
        self.ana('notify draft "Jan Falk" "hello"')
        done = self.ana.run("notify", "send", "m1")
        self.assertEqual(done.returncode, 0)
        said = done.stdout.decode()
        for words in ("no key of theirs is known: [key jan@example.org] in notify.conf", "room is marked compromised", "Number: 0171 111111", "[ ] reached at"):
            self.assertIn(words, said)
        self.assertEqual(self.message()["state"], "phone")
        self.assertIn("calm notify sheet", self.ana("notify"))
        self.ana("notify sent m1")
        self.assertEqual(self.ana("notify sheet"), "Nobody has to be phoned.\n")
        self.assertEqual(mail.got, [])

    def test_a_key_that_cannot_encrypt_leads_to_the_next_channel(self):
        mail, web = self.two()
        self.settings(self.mail_account(mail.url).replace(str(self.pgp), str(self.smime)) + self.room(web))
        self.ana('notify reach ct1 --channel "office mail" --channel room')
        self.ana('notify draft "Eva Brandt" "hello"')
        self.assertEqual(self.send()[1][0]["state"], "sent")
        self.assertEqual((len(mail.got), len(web.got)), (0, 1))
        self.assertIn("the recipient's OpenPGP key cannot be used", " ".join(self.ana("log --full").split()))

    def test_what_is_above_the_reader_is_not_filled_in(self):
        self.ana("note add x")
        self.ana.run("problem", "raise", f"red thing {SECRET}", "--tlp", "red")
        self.ana.run("problem", "raise", "amber thing", "--tlp", "amber")
        text = self.ana.json(f'notify write "Eva Brandt" {FIRST}')["text"]
        self.assertIn("amber thing", text)
        self.assertNotIn(SECRET, text)
        self.ana('notify role users "Eva Brandt"')
        self.assertNotIn("amber thing", self.ana.json(f'notify write "Eva Brandt" users --set contact=0171-222222 --set next_update={AHEAD}')["text"])

    def test_the_word_acknowledges_and_another_does_not(self):
        self.ana(f'notify write "Eva Brandt" {FIRST}')
        word = re.search(r"the word ([2-9A-Z]{6})", self.message()["text"]).group(1)
        self.send()
        self.ana("notify sent m1")
        wrong = "2" * 5 + "A" if word != "22222A" else "33333B"
        status, said = self.ana.fails(f"notify acknowledged m1 {wrong}")
        self.assertEqual(status, 4)
        self.assertIn("that is not the word of m1", said)
        self.ana(f'notify acknowledged m1 "{word[:3].lower()}-{word[3:].lower()}"')
        self.assertEqual((self.message()["state"], self.message()["by-word"]), ("acknowledged", "yes"))

    def test_an_answer_in_words_is_taken_as_said(self):
        self.ana(f'notify write "Eva Brandt" {FIRST}')
        self.ana("notify sent m1")
        self.ana('notify acknowledged m1 --in-other-words "agrees"')
        self.assertEqual(self.message()["answer"], "agrees")
        self.assertNotIn("by-word", self.message())

    def test_silence_goes_to_the_alternate_with_another_word(self):
        _, web = self.two()
        self.ana('notify trust "office mail" compromised --because x')
        self.ana(f'notify write "Eva Brandt" {FIRST} --answer-within "1 s"')
        self.send()
        self.assertIn("an answer is expected by", self.ana("notify queue"))
        time.sleep(1.2)
        self.assertIn("m1: no answer; Jan Falk is told instead", self.ana("notify due"))
        self.assertIn("no answer; Jan Falk is told instead", " ".join(self.ana("notify").split()))
        self.assertIn("calm notify send --all", self.ana("notify"))
        self.assertEqual([m["state"] for m in self.send("--all")[1]], ["sent"])
        first, second = self.message(1), self.message(2)
        self.assertEqual((first["state"], second["state"]), ("escalated", "sent"))
        self.assertNotEqual(first["word"], second["word"])
        self.assertIn(second["word"], second["text"])
        self.assertNotIn(first["word"], second["text"])
        self.assertEqual([json.loads(g[3])["to"] for g in web.got], ["Eva Brandt", "Jan Falk"])
        self.assertEqual(self.send("--all")[1], [])

    def test_accounts_are_listed_without_secrets(self):
        server = self.start(servers.Web(self.context))
        self.settings(self.room(server, more=f"token = {SECRET}\nsecret = {SECRET}"))
        self.assertNotIn(SECRET, self.ana("notify accounts"))
        self.assertEqual(self.ana.json("notify accounts")[0]["kind"], "webhook")

    def test_due_names_deadlines(self):
        self.ana('notify start gdpr --because "data may have been read"')
        self.assertRegex(self.ana("notify due"), r"d1 .*left")

    def test_carry_and_reach_change_what_is_known(self):
        _, web = self.two()
        self.ana("notify channel signal --trust trusted")
        self.ana('notify carry signal --account room --reaches "Eva Brandt"')
        self.ana("notify reach ct1 --channel signal")
        self.ana('notify draft "Eva Brandt" "hello"')
        self.assertEqual(self.ana.json("notify preview m1")["channel"], "signal")


class Settings(NotifyTest):
    def test_a_file_that_others_may_read_is_not_used(self):
        server = self.start(servers.Web(self.context))
        self.settings(self.room(server), 0o640)
        status, said = self.ana.fails("notify accounts")
        self.assertEqual(status, 4)
        self.assertIn("chmod 600", said)

    def test_what_is_not_understood_is_named_by_its_line_and_never_its_value(self):
        room = f"[a]\nkind = webhook\nurl = https://x\nshape = json\n"
        cases = {
            "nonsense\n": "line 1: this is neither",
            f"[a]\nkind = pigeon\n": "line 1: this section needs a kind that calm knows, not: pigeon",
            room + f"colour = {SECRET}\n": "line 1: this section has a setting that its kind does not know: colour",
            room.replace("json", SECRET): "has no fit value for: shape",
            "[a]\nkind = webhook\nshape = json\n": "this section lacks: url",
            room.replace("https", "http") + f"token = {SECRET}": "url must begin with https://",
            room + room: "there is a section of that name already: a",
            "[a]\nkind = smtp\nurl = http://x\nfrom = a@b.c\nprotect = pgp\n": "url must be smtps://",
            f"[a]\nkind = smtp\nurl = smtps://x\nfrom = a@b.c\nprotect = pgp\npassword = {SECRET}\n": "user and password go together",
            room + "wait = 4\n": "from 5 to 300",
        }
        for text, words in cases.items():
            self.settings(text)
            status, said = self.ana.fails("notify accounts")
            self.assertEqual(status, 7, text)
            self.assertIn(words, " ".join(said.split()))
            self.assertNotIn(SECRET, said)

    def template(self, text):
        folder = self.ana.home / ".config" / "calm" / "templates"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "own.txt").write_text(text)

    def test_a_template_of_ones_own_loads_like_the_others(self):
        self.template("title: t\nlabel: green\nto: anyone\nsubject: s\n\nHello {to}, {tlp}.\n")
        self.assertIn("Hello Eva Brandt, TLP:GREEN.", self.ana('notify write "Eva Brandt" own'))

    def test_a_template_with_a_fault_is_refused_with_it(self):
        head = "title: t\nlabel: green\nto: anyone\nsubject: s\n\n"
        for text, words in ((head + "a\n{colour}\n", "line 7: there is no field of that name: colour"), (head + "{to", "a { without its }: to"),
                            (head + "}", "a } without its {"), (head.replace("green", "pink") + "x", "this label is not known: pink"),
                            (head.replace("anyone", "cio, king") + "x", "a role in this list is not known"), ("title: t\n\nx", "a template begins with"),
                            (head.replace("subject", "betreff") + "x", "this header is not known: betreff"), (head, "there is no text behind"),
                            (head + "[{to}", "line 6: a [ without its ]"), (head + "a\n]", "line 7: a ] without its ["), (head + "[a [{to}]]", "a [ inside of another"),
                            (head + "[ ] tick", "a part in [ ] without a value in it"), (head.replace("subject: s", "subject: {case}") + "x", "a header is one line without placeholders: subject")):
            self.template(text)
            status, said = self.ana.fails('notify write "Eva Brandt" own')
            self.assertEqual(status, 7)
            self.assertIn(words, " ".join(said.split()))
        self.assertEqual(self.ana.json("notify list"), [])

    def test_lines_that_go_on_are_one_and_what_a_value_says_is_no_part(self):
        self.template("title: t\nlabel: green\nto: anyone\nsubject: s\n\n  - one \\\n    and two\n\n[{began}\n]\n\n[x {contact} y\n]\nend\n")
        text = self.ana.json('notify write "Eva Brandt" own --set "contact=a [b] {c} \\\\"')["text"]
        self.assertEqual(text, "  - one and two\n\nx a [b] {c} \\ y\nend")

    def test_to_be_heard_of_again_in_the_past_is_refused(self):
        """A clock time that is over by less than half a day; else it is the next one."""
        now = time.time()
        clock = [(f"{time.strftime('%H:%M', time.gmtime(now + 60 * minutes))}", is_over) for minutes, is_over in
                 ((-30, True), (-660, True), (-780, False), (30, False), (660, False))]
        days = [(time.strftime("%Y-%m-%d %H:%M", time.gmtime(now + 3600 * hours)), is_over) for hours, is_over in ((-1, True), (-20, True), (1, False), (30, False))]
        for value, is_over in [*clock, *days, ("2 h ago", True), ("when we know more", False), ("in 2 h", False)]:
            for line in (["notify", "write", "Eva Brandt", "first-alarm", "--set", "contact=1", "--set", f"next_update={value}"], ["notify", "script", "managers", "--next-update", value]):
                done = self.ana.run(*line)
                self.assertEqual(done.returncode, 2 if is_over else 0, (value, done.stderr))
                if is_over:
                    self.assertIn(f'"{value}" is over', " ".join(done.stderr.decode().split()))

    def test_a_value_for_no_placeholder_is_refused(self):
        status, said = self.ana.fails(f'notify write "Eva Brandt" {FIRST} --set colour=red')
        self.assertEqual(status, 2)
        self.assertIn("colour is none", " ".join(said.split()))


if __name__ == "__main__":
    main()
