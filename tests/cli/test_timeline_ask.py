"""test_timeline_ask.py: what people marked, where it lies and when it was are terms of a query as all others are."""
import datetime
import json

from harness import CaseTest, main

USAGE, LIMIT = 2, 10
UTC = datetime.timezone.utc


class Ask(CaseTest):
    """Two items: e1 has an event each hour of 1 to 3 November 2026, e2 three logins of 2 November."""

    def setUp(self):
        super().setUp()
        self.begin = datetime.datetime(2026, 11, 1, tzinfo=UTC)
        self.facts = []  # (call, time, message)
        hours = self.folder / "hours.log"
        lines = []
        for i in range(72):
            when = self.begin + datetime.timedelta(hours=i)
            lines.append(f"{when.isoformat()} web1 app[7]: hour {i}")
            self.facts.append((f"e1.{i + 1}", when, f"hour {i}"))
        hours.write_text("\n".join(lines) + "\n")
        logins = self.folder / "logins.log"
        lines = []
        for i, (user, verb) in enumerate((("eva", "Accepted"), ("root", "Failed"), ("eva", "Failed"))):
            when = self.begin + datetime.timedelta(days=1, hours=i, minutes=30)
            message = f"{verb} password for {user} from 203.0.113.{5 + i % 2} port 4{i}22 ssh2"
            lines.append(f"{when.isoformat()} db1 sshd[9]: {message}")
            self.facts.append((f"e2.{i + 1}", when, message))
        logins.write_text("\n".join(lines) + "\n")
        self.ana(f"preserve files '{hours}' '{logins}'")
        self.ana("analyse timeline")

    def calls(self, query):
        return {e["event"] for e in self.ana.json(f"analyse search '{query}'")}

    def wanted(self, condition):
        found = {f[0] for f in self.facts if condition(*f)}
        self.assertTrue(found)
        return found

    def test_tags_items_sources_and_times_combine_with_all_else(self):
        for call, tag in (("e1.3", "odd"), ("e2.2", "first-login"), ("e2.2", "attacker-2"), ("e1.72", "odd")):
            self.ana(f"analyse tag {call} {tag}")
        self.assertEqual([t["event"] for t in self.ana.json("analyse tags")], ["e1.3", "e2.2", "e2.2", "e1.72"])  # by their times
        self.ana("analyse tag e1.1 late")
        self.assertEqual([t["event"] for t in self.ana.json("analyse tags")], ["e1.1", "e1.3", "e2.2", "e2.2", "e1.72"])
        self.assertEqual([line.split()[-2] for line in self.ana("analyse tags").splitlines() if line.startswith("ev")], ["e1.1", "e1.3", "e2.2", "e2.2", "e1.72"])
        day = self.begin + datetime.timedelta(days=1)
        for query, condition in (
                ("tag:odd", lambda call, *f: call in ("e1.3", "e1.72")),
                ("tag:ODD and evidence:e1", lambda call, *f: call in ("e1.3", "e1.72")),
                ("tag:attacker-* or tag:odd and hour", lambda call, *f: call in ("e1.3", "e1.72", "e2.2")),
                ("tag:*", lambda call, *f: call in ("e1.1", "e1.3", "e1.72", "e2.2")),
                ("not tag:* and evidence:e2", lambda call, *f: call in ("e2.1", "e2.3")),
                ("evidence:(e1 or e2) source:log*", lambda call, *f: call.startswith("e2")),
                ("not evidence:e1", lambda call, *f: call.startswith("e2")),
                ("time:>=2026-11-03T00:00:00Z", lambda c, when, m: when >= self.begin + datetime.timedelta(days=2)),
                ("time:>2026-11-03T00:00:00Z", lambda c, when, m: when > self.begin + datetime.timedelta(days=2)),
                ('time:<"2026-11-01 02:00 +00:00"', lambda c, when, m: when < self.begin + datetime.timedelta(hours=2)),
                ("time:<=2026-11-01T02:00:00Z", lambda c, when, m: when <= self.begin + datetime.timedelta(hours=2)),
                ("time:[2026-11-02T00:00:00Z TO 2026-11-02T02:00:00Z]", lambda c, when, m: day <= when <= day + datetime.timedelta(hours=2)),
                ("time:[2026-11-02 00:00 +00:00 to *] not hour", lambda call, *f: call.startswith("e2")),
                ('time:["2026-11-02 00:00 +00:00" to "2026-11-02 02:00"] and hour', lambda c, when, m: day <= when <= day + datetime.timedelta(hours=2) and m.startswith("hour")),
                ("time:[* TO 2026-11-01T00:30:00Z]", lambda call, *f: call == "e1.1"),
                ('time:"2026-11-02 01:30 +00:00"', lambda call, *f: call == "e2.2"),
                ("not time:<2026-11-02T00:00:00Z and not (time:>2026-11-02T02:30:00Z or hour)", lambda call, *f: call.startswith("e2")),
                ("time:>=2026-11-02T00:00:00Z and source.ip:203.0.113.6", lambda call, *f: call == "e2.2")):
            self.assertEqual(self.calls(query), self.wanted(condition), query)
        self.assertEqual(sum(s["events"] for s in self.ana.json("analyse histogram 'tag:*'")), 4)
        self.assertEqual([(v["value"], v["events"]) for v in self.ana.json("analyse top user.name 'tag:first-login'")], [("root", 1)])

    def test_a_date_alone_is_all_of_the_day(self):
        found = self.ana.json("analyse search 'time:2026-11-02 and evidence:e1'")
        self.assertEqual(len(found), 24)

    def test_a_month_or_an_hour_alone_is_all_of_it(self):
        for query, count in (("time:2026-11", 72), ("time:2026-10", 0), ("time:2026-12", 0), ("time:<2026-11", 0), ("time:>=2026-12", 0), ("time:[2026-11 TO 2026-12]", 72),
                             ("time:2026-11-01T05", 1), ('time:"2026-11-01 05"', 1), ('time : "2026-11-01 05 -05:00"', 1), ("time:[2026-11-01T05 TO 2026-11-01T07]", 3)):
            self.assertEqual(len(self.ana.json(f"analyse search '({query}) and evidence:e1'")), count, query)
        self.assertEqual(self.calls('time:"2026-11-02 01"'), {"e1.26", "e2.2"})  # 01:00 and 01:30
        self.assertEqual(len(self.ana.json("analyse search --evidence e1 --from '2026-11-01 05' --to 2026-11-01T07")), 3)
        for query in ("time:2026-13", "time:2026-00", "time:2026-1", "time:2026-11-01T24", "time:2026-11-0105", "time:\"2026-11-01 5 6\""):
            code, why = self.ana.fails(f"analyse search '{query}'")
            self.assertEqual(code, USAGE, query)
            self.assertIn("is not a time", why)

    def test_a_time_is_as_long_as_it_is_written(self):
        path = self.folder / "parts.jsonl"
        path.write_text("".join(json.dumps({"@timestamp": f"2026-11-20T10:00:00.{ms:03}Z", "message": f"part {ms}"}) + "\n" for ms in range(0, 1000, 50))
                        + "".join(json.dumps({"@timestamp": f"2026-11-2{day}T23:59:59.9Z", "message": "late"}) + "\n" for day in (0, 1)))
        self.ana(f"preserve files '{path}'")
        self.ana("analyse timeline")

        def parts(*words):
            done = self.ana.run("analyse", "search", "--json", "--evidence", "e3", *words)
            self.assertEqual(done.returncode, 0, done.stderr)
            return [int(f["value"].split()[1]) for e in json.loads(done.stdout) for f in e["fields"] if f["name"] == "message" and f["value"].startswith("part")]

        every = list(range(0, 1000, 50))
        half, tenth = "2026-11-20T10:00:00.500Z", "2026-11-20T10:00:00.5Z"
        for words, is_so in (((f"time:>{half}",), lambda t: t > 500), ((f"time:>={half}",), lambda t: t >= 500), ((f"time:<{half}",), lambda t: t < 500),
                             ((f"time:<={half}",), lambda t: t <= 500), ((f"time:{half}",), lambda t: t == 500), ((f"time:{tenth}",), lambda t: 500 <= t < 600),
                             ((f"time:<={tenth}",), lambda t: t < 600), ((f"time:>{tenth}",), lambda t: t >= 600), (("--from", half), lambda t: t >= 500),
                             (("--to", half), lambda t: t <= 500), (("--to", tenth), lambda t: t < 600), (("--from", half, "--to", "2026-11-20 10:00"), lambda t: t >= 500),
                             ((f"time:[2026-11-20T10:00:00.300Z TO {half}}}",), lambda t: 300 <= t < 500), ((f"time:{{2026-11-20T10:00:00.300Z TO {half}]",), lambda t: 300 < t <= 500),
                             (("time:<=2026-11-20",), lambda t: True), (("time:>2026-11-20",), lambda t: False), (("--from", "2026-11-20", "--to", "2026-11-20"), lambda t: True)):
            self.assertEqual(parts(*words), [t for t in every if is_so(t)], words)
        for words, count in ((("--from", "2026-11-20", "--to", "2026-11-20"), 21), (("time:[2026-11-20 TO 2026-11-21]",), 22), (("time:[2026-11-20 TO 2026-11-21}",), 21)):
            self.assertEqual(len(self.ana.json("analyse search --evidence e3 " + " ".join(f"'{w}'" for w in words))), count, words)
        self.ana("analyse clock e3 --says 2026-11-20T10:00:00.900Z --true 2026-11-20T10:00:00.100Z")
        self.assertEqual(parts("time:2026-11-20T09:59:59.200Z"), [0])

    def test_what_was_around_an_event_is_what_is_nearest(self):
        """Thousands at one moment, more before and behind it than are asked for, and the ends of time."""
        path = self.folder / "busy.log"
        moments = [second for second in range(60) for _ in range(700 if second == 30 else 7)]
        path.write_text("".join(f"2026-11-05T10:00:{second:02}Z h app[1]: line {i}\n" for i, second in enumerate(moments)))
        self.ana(f"preserve files '{path}'")
        self.ana("analyse timeline")
        last = len(moments) - 1
        for at in (0, 5, 99, 100, 101, 209, 210, 211, 350, 900, 909, 910, last - 100, last - 99, last):
            for within in (1, 5, 60):
                for most in (None, 3, 800):
                    done = self.ana.run("analyse", "event", f"e3.{at + 1}", "--within", f"{within} s", *(("--most", str(most)) if most else ()), "--json")
                    found = [int(e["event"].split(".")[1]) - 1 for e in json.loads(done.stdout)]
                    within_it = [i for i, second in enumerate(moments) if abs(second - moments[at]) <= within]
                    first, end = max(at - (most or 100), within_it[0]), min(at + (most or 100), within_it[-1])
                    self.assertEqual(found, list(range(first, end + 1)), (at, within, most))
                    self.assertEqual((b"before" in done.stderr, b"behind" in done.stderr), (first > within_it[0], end < within_it[-1]), (at, within, most))
        self.assertIn("Within that time there are more events before and behind these: --most N.", self.ana("analyse event e3.500 --within 5s"))

    def test_an_answer_that_is_cut_says_so_to_programs_too(self):
        for words, what in (("search hour --most 5", b"Only the first 5 events are here"), ("top message --most 4", b"Only the first 4 values are here")):
            done = self.ana.run("analyse", *words.split(), "--json")
            self.assertEqual(len(json.loads(done.stdout)), int(words[-1]))
            self.assertIn(what, done.stderr)
        self.assertEqual(self.ana.run("analyse", "search", "hour", "--most", "72", "--json").stderr, b"")
        done = self.ana.run("analyse", "search", "user.name:(", "--json")
        self.assertEqual((done.returncode, done.stdout), (USAGE, b""))

    def test_times_are_utc_wherever_people_are(self):
        there = {"TZ": "America/New_York"}  # four or five hours behind

        def count(*words):
            done = self.ana.run("analyse", "search", "--json", "--evidence", "e1", *words, env=there)
            self.assertEqual(done.returncode, 0, done.stderr)
            return len(json.loads(done.stdout))

        self.assertEqual(count("--from", "2026-11-01 05:00", "--to", "2026-11-01 07:00"), 3)
        self.assertEqual(count("--from", "2026-11-01 05:00 -05:00", "--to", "2026-11-01 07:00 -0500"), 3)
        self.assertEqual(count("--from", "2026-11-03"), 24)
        self.assertEqual(count("time:2026-11-03"), 24)
        self.assertEqual(count('time:"2026-11-01 05:00"'), 1)
        self.assertEqual(count('time:<"2026-11-01 00:00 -05:00"'), 5)
        bars = self.ana.run("analyse", "histogram", "--to", "2026-11-01 12:30", env=there).stdout.decode()
        self.assertIn("2026-11-01 00:", bars)

    def test_terms_of_kql_and_lucene(self):
        for query, condition in (
                ("user.name:eva && source.ip:203.0.113.5", lambda call, *f: call in ("e2.1", "e2.3")),
                ("user.name: eva || user.name: root", lambda call, *f: call.startswith("e2")),
                ("!user.name:eva && evidence:e2", lambda call, *f: call == "e2.2"),
                ("evidence:e2 -user.name:eva", lambda call, *f: call == "e2.2"),
                ("+evidence:e2 +user.name:eva", lambda call, *f: call in ("e2.1", "e2.3")),
                ("user.name : eva", lambda call, *f: call in ("e2.1", "e2.3")),
                ('not user.name : "eva" and evidence :e2', lambda call, *f: call == "e2.2"),
                ("*:*", lambda *f: True),
                ("/ord for (eva|roo?t) from/", lambda call, *f: call.startswith("e2")),
                ("/^hour 7[0-9]$/", lambda c, when, m: m in ("hour 70", "hour 71")),
                ("evidence:e1 and not /hour [0-9]{2}/", lambda call, when, m: call.startswith("e1") and len(m) == len("hour 0")),
                # The message is a text, of which words are sought; all of it with * or an expression.
                ('message:"password for"', lambda call, *f: call.startswith("e2")),
                ("message:(PASSWORD and for) or message:nowhere", lambda call, *f: call.startswith("e2")),
                ("message:*assword?for*", lambda call, *f: call.startswith("e2")),
                ('message:"hour 7"', lambda c, when, m: m == "hour 7"),
                ("_exists_:user.name", lambda call, *f: call.startswith("e2")),
                ('source.ip:"203.0.113.4/31"', lambda call, *f: call in ("e2.1", "e2.3")),
                ("@timestamp >= 2026-11-03", lambda c, when, m: when >= self.begin + datetime.timedelta(days=2)),
                ("source.port >= 4122", lambda call, *f: call in ("e2.2", "e2.3"))):
            self.assertEqual(self.calls(query), self.wanted(condition), query)
        self.assertEqual(self.calls('message:"assword for" or message:passwor or message:our* or message:/^hour$/ or user.name:ev'), set())

    def test_a_word_that_may_have_been_meant_otherwise_says_how_it_was_read(self):
        odd = self.folder / "odd.log"
        odd.write_text("2026-11-20T10:00:00Z h app: ro*t and C:\\*.tmp\n2026-11-20T10:00:01Z h app: root\n")
        self.ana(f"preserve files '{odd}'")
        self.ana("analyse timeline")
        for query, count, said in (("/nowh.re/", 0, "an expression has a field before it"), ("/nowh?re/ and ssh*", 0, "an expression has a field before it"),
                                   ("message:/nowh.re/", 0, ""), ("nowhere", 0, ""), ('"ro\\*t"', 0, "within quotes * and ? are characters"),
                                   ('"ro*t"', 1, ""), ("ro\\*t", 1, ""), ('"C:\\*.tmp"', 1, "")):
            with self.subTest(query=query):
                done = self.ana.run("analyse", "search", query, "--json")
                self.assertEqual(len(json.loads(done.stdout)), count)
                words = " ".join(done.stderr.decode().split())
                self.assertIn(said, words)
                self.assertEqual(bool(said), bool(words), words)

    def test_what_other_languages_have_is_refused(self):
        for query, words in (("user.name=eva", "field:value"), ("user.*:eva", "a word alone"), ("source.ip:[203.0.113.1 TO 203.0.113.9]", "of addresses it is a network"),
                             ("user.name in (root, eva)", "field:(a or b)"), ("user.name NOT IN (root)", "field:(a or b)"), ("event.action:login | stats count", "of its own"),
                             ("user.name:null", "not NAME:*"), ("user.name:(eva or null)", "not NAME:*"), ("process.pid:abc", "are numbers"),
                             # What can find nothing.
                             ("source.ip:203.0.113.300", "255 at most"), ("time:[2026-11-04 TO 2026-11-03]", "ends before it begins"),
                             ("evidence:e999", "evidence:e999: no such item"), ("xyz or not evidence:(e1 or e9*)", "evidence:e9*: no such item")):
            code, why = self.ana.fails(f"analyse search '{query}'")
            self.assertEqual(code, USAGE, query)
            self.assertIn(words, why)
        self.assertEqual(self.calls("source.ip:203.0.113.05"), set())  # a text that some log may have
        for query in ('user.name:"null"', "message:null", "failed in (hour)", '"|" or process.pid:99', "source.port:4*22 and a|b"):
            self.calls(query)
        for command in ("search", "histogram", "top user.name", f"export '{self.folder}/none' --as body"):
            code, why = self.ana.fails(f"analyse {command} --from 2026-11-04 --to 2026-11-03")
            self.assertEqual((code, "--to is before --from" in why), (USAGE, True), command)
        self.assertNotEqual(self.ana.json("analyse search --from 2026-11-02 --to 2026-11-02"), [])

    def test_a_field_that_no_event_has_is_said(self):
        for command in ("search", "histogram"):
            for query, words in (("username:root", "No event has a field username:"), ("not username:root", "No event has a field username:"),
                                 ("User.Name:root", "No event has a field User.Name; there is user.name."),
                                 ("user.name:eva and nosuch.field:*", "No event has a field nosuch.field:")):
                self.assertIn(words, " ".join(self.ana(f"analyse {command} '{query}'").split()), query)
            for query in ("user.name:nobody", "source:x or evidence:e1 and evidence:e2 or tag:x or doubt:y or meaning:x or precision:ns", "time:2020-01-01", "xyz", ""):
                self.assertNotIn("No event has a field", self.ana(f"analyse {command} '{query}'"), query)
        self.assertIn("No event has a field username:", " ".join(self.ana("analyse top user.name username:root").split()))
        self.assertIn("No event has a field username:", " ".join(self.ana("analyse top user.name 'user.name:eva or username:root'").split()))

    def test_a_field_that_no_event_has_is_said_beside_json_too(self):
        told = b"No event has a field User.Name; there is user.name.\n"
        for words in (("search", "User.Name:eva"), ("histogram", "User.Name:eva"), ("top", "user.name", "User.Name:eva")):
            done = self.ana.run("analyse", *words, "--json")
            self.assertEqual((done.returncode, json.loads(done.stdout), done.stderr), (0, [], told), words)
            done = self.ana.run("analyse", *words[:-1], "user.name:eva", "--json")
            self.assertEqual((done.returncode, len(json.loads(done.stdout)) > 0, done.stderr), (0, True, b""), words)

    def test_a_field_that_no_event_has_is_said_of_an_export(self):
        for number, form in enumerate(("timesketch-csv", "timesketch-json", "ecs-json", "body")):
            words = ("analyse", "export", self.folder / f"{number}", "User.Name:eva or nosuch:x", "--as", form)
            done = self.ana.run(*map(str, words))
            self.assertEqual(done.returncode, 0, done.stderr)
            said = " ".join(done.stdout.decode().split())
            self.assertIn("No event has a field User.Name; there is user.name. No event has a field nosuch: calm analyse event", said)
        done = self.ana.run("analyse", "export", str(self.folder / "json"), "User.Name:eva or nosuch:x", "--as", "ecs-json", "--json")
        self.assertEqual(json.loads(done.stdout)["no_fields"], [{"name": "User.Name", "alike": "user.name"}, {"name": "nosuch"}])
        self.assertEqual(done.stderr.count(b"No event has a field"), 2)
        self.assertNotIn("no_fields", self.ana.json(f"analyse export '{self.folder}/all' user.name:eva --as ecs-json"))

    def test_sources_items_and_parts_are_counted_too(self):
        def top(field):
            return {v["value"]: v["events"] for v in self.ana.json(f"analyse top {field}")}

        self.assertEqual(top("source"), {"hours.log": 72, "logins.log": 3})
        self.assertEqual(top("evidence"), {"e1": 72, "e2": 3})
        self.assertEqual((top("meaning"), top("doubt"), top("precision")), ({"logged": 75}, {}, {"s": 75}))

    def test_addresses_are_one_whatever_their_spelling(self):
        log = self.folder / "v6.log"
        log.write_text("2026-11-05T00:00:00+00:00 db1 sshd[9]: Failed password for root from 2001:db8::1 port 4122 ssh2\n"
                       "2026-11-05T00:00:01+00:00 db1 kernel: IN=eth0 OUT= SRC=2001:0db8:0000:0000:0000:0000:0000:0001 DST=2001:0db8:0000:0000:0000:0000:0000:0002 "
                       "LEN=80 TC=0 HOPLIMIT=64 FLOWLBL=0 PROTO=TCP SPT=40000 DPT=22 WINDOW=64800 RES=0x00 SYN URGP=0\n"
                       "2026-11-05T00:00:02+00:00 db1 sshd[9]: Failed password for root from ::ffff:192.0.2.7 port 4122 ssh2\n"
                       "2026-11-05T00:00:03+00:00 db1 sshd[9]: Failed password for root from 192.0.2.7 port 4122 ssh2\n")
        self.ana(f"preserve files '{log}'")
        self.ana("analyse timeline")
        for who in ("2001:db8::1", "2001:DB8:0:0::1", "2001:0db8:0000:0000:0000:0000:0000:0001"):
            found = self.ana.json(f"analyse who {who}")
            self.assertEqual((found["events"], found["first"][:19], found["last"][:19]), (2, "2026-11-05T00:00:00", "2026-11-05T00:00:01"), who)
            self.assertEqual([(v["value"], v["events"]) for v in found["source.ip"]], [("2001:db8::1", 2)])
            self.assertEqual(self.calls(f"source.ip:{who}"), {"e3.1", "e3.2"}, who)
        self.assertEqual(self.calls("source.ip:192.0.2.7"), {"e3.3", "e3.4"})
        self.assertEqual({v["value"]: v["events"] for v in self.ana.json("analyse top source.ip --evidence e3")}, {"2001:db8::1": 2, "192.0.2.7": 2})

    def test_times_that_cannot_be_say_where(self):
        for query, words in (("time:soonish", "at character 6"), ("time:", "a time is missing"), ("hour time:[2026-11-01]", "[FROM TO UNTIL]"),
                             ("time:[2026-11-01 TO nowhere]", "at character 21"), ("time:>=\"2026-11-01", "a time is missing")):
            code, why = self.ana.fails(f"analyse search '{query}'")
            self.assertEqual(code, USAGE, query)
            self.assertIn(words, why)

    def test_a_value_that_an_event_has_twice_is_one_event(self):
        log = self.folder / "postgresql.log"  # the prefix names who connects, and the sentence does
        log.write_text("".join(f"2026-11-02 03:12:0{i}.000 UTC [4{i}] eva@shop FATAL:  password authentication failed for user \"eva\"\n" for i in range(3)))
        self.ana(f"preserve files '{log}'")
        self.ana("analyse timeline")
        top = self.ana.json("analyse top user.name evidence:e3")
        self.assertEqual([(row["value"], row["events"]) for row in top], [("eva", 3)])

    def test_everything_that_somebody_did(self):
        found = self.ana.json("analyse who eva")
        self.assertEqual((found["events"], found["first"][:19], found["last"][:19]), (2, "2026-11-02T00:30:00", "2026-11-02T02:30:00"))
        self.assertEqual({v["value"]: v["events"] for v in found["source.ip"]}, {"203.0.113.5": 2})
        self.assertEqual({v["value"]: v["events"] for v in found["host.name"]}, {"db1": 2})
        self.assertEqual({v["value"]: v["events"] for v in found["event.outcome"]}, {"success": 1, "failure": 1})
        self.assertEqual(self.calls(found["query"]), {"e2.1", "e2.3"})
        self.assertEqual(self.ana.json("analyse who 203.0.113.0/24")["events"], 3)
        self.assertEqual(self.ana.json("analyse who web1")["events"], 72)
        self.assertEqual(self.ana.json("analyse who 'x\\\" or user.name:*'")["events"], 0)  # it is a value, and never a query
        said = self.ana("analyse who eva")
        self.assertRegex(said, r"(?s)eva: 2 events.*first +2026-11-02 00:30:00 UTC.*last +2026-11-02 02:30:00 UTC")
        self.assertIn("203.0.113.5 (2)", said)
        self.assertIn("e2.3", said)
        self.assertTrue(all(len(line) <= 80 for line in said.splitlines()))
        self.assertIn("No field that says who acted, on whom, from where or to where has nobody, and no other field or text", " ".join(self.ana("analyse who nobody").split()))
        log = self.folder / "audit.log"  # auid is who logged in, of whom nothing else tells that it was she who was root
        log.write_text("".join(f"type={kind} msg=audit(1762041600.123:{n}): pid=300 uid={uid} auid=1000 ses=3 msg='{what} exe=\"/usr/bin/{exe}\" hostname=? addr=? terminal=pts/0 "
                               f"res={res}'\x1dUID=\"{ {0: 'root', 1000: 'iris'}[uid] }\" AUID=\"iris\"\n" for n, (kind, uid, what, exe, res) in enumerate((
                                   ("USER_LOGIN", 0, "op=login id=1000", "sshd", "success"), ("USER_AUTH", 1000, 'op=PAM:authentication acct="root"', "su", "failed"),
                                   ("USER_CHAUTHTOK", 0, 'op=PAM:chauthtok acct="mallory"', "passwd", "success"), ("USER_CMD", 0, 'cwd="/" cmd="id"', "sudo", "success")))))
        self.ana(f"preserve files '{log}'")
        self.ana("analyse timeline")
        self.assertEqual((self.ana.json("analyse who iris")["events"], self.ana.json("analyse who mallory")["events"]), (4, 1))
        self.assertEqual(self.calls("user.name:iris and event.action:logged-in"), {"e3.1"})
        self.assertEqual(self.calls("user.name:root and event.action:logged-in and evidence:e3"), set())

    def test_what_an_event_says_of_somebody_elsewhere_is_counted_too(self):
        lines = (  # of one address: as a field, within the text of a program that nobody knows, as a part of another address, and in another spelling
            "2026-11-06T00:00:05+00:00 db1 sshd[9]: Failed password for eva from 192.0.2.7 port 4122 ssh2\n",
            "2026-11-06T00:00:01+00:00 db1 door[9]: opened by 192.0.2.7\n",
            "2026-11-06T00:00:02+00:00 db1 door[9]: opened by [192.0.2.7]:22, evaluated\n",
            "2026-11-06T00:00:00+00:00 db1 door[9]: opened by 192.0.2.77\n",
            "2026-11-06T00:00:00+00:00 db1 door[9]: opened by 1192.0.2.7\n",
            "2026-11-06T00:00:09+00:00 db1 door[9]: opened by 2001:db8::1\n",
            "2026-11-06T00:00:09+00:00 db1 door[9]: opened by 2001:db8::1f\n",
            "2026-11-06T00:00:09+00:00 db1 door[9]: a:b\n",
            # An object's number, a version and a longer address are none of it; tcpdump puts a port behind a point, and a word may follow a colon.
            "2026-11-06T00:00:09+00:00 db1 gate[9]: asked for 192.0.2.7.1.3 of version 5.192.0.2.7, 2001:db8::1:5\n",
            "2026-11-06T00:00:09+00:00 db1 gate[9]: IP 192.0.2.70.443 > 198.51.100.70.5: reset. 2001:db8::70:denied\n")
        log = self.folder / "door.log"
        log.write_text("".join(lines))
        (self.folder / "door.json").write_text(json.dumps({"time": "2026-11-06T00:00:00Z", "visitor": "::ffff:192.0.2.7"}) + "\n")
        self.ana(f"preserve files '{log}' '{self.folder / 'door.json'}'")
        self.ana("analyse timeline")
        found = self.ana.json("analyse who 192.0.2.7 --evidence e3 --evidence e4")
        self.assertEqual((found["events"], found["first"][:19]), (1, "2026-11-06T00:00:05"))
        more = found["elsewhere"]
        self.assertEqual((more["events"], more["first"][:19], more["last"][:19]), (3, "2026-11-06T00:00:00", "2026-11-06T00:00:02"))
        # The search that is told finds all of them, and nothing of other addresses.
        self.assertEqual(self.calls(f"{more['query']} and evidence:(e3 or e4)"), {"e3.1", "e3.2", "e3.3", "e4.1"})
        self.assertEqual(self.calls('"192.0.2.7" and evidence:(e3 or e4)'), {"e3.1", "e3.2", "e3.3", "e4.1"})
        said = " ".join(self.ana("analyse who 192.0.2.7 --evidence e3 --evidence e4").split())
        self.assertIn("192.0.2.7: 1 event", said)
        self.assertIn("3 more events have it in another field or in their text, and are not summed up here. All of them: calm analyse search 192.0.2.7 "
                      "first 2026-11-06 00:00:00 UTC last 2026-11-06 00:00:02 UTC", said)
        said = " ".join(self.ana("analyse who 2001:0db8::1").split())
        self.assertIn("No field that says who acted, on whom, from where or to where has 2001:0db8::1. 1 event has it in another field or in its text, and is not", said)
        for who, count in (("2001:db8::1", 1), ("2001:0DB8:0:0::1", 1), ("a:b", 1), ("and", 0), ("EVA", 1), ("nobo*", 0), ("a:*", 1), ("*:b", 0), ("door", 7), ("192.0.2.70", 1), ("198.51.100.70", 1), ("2001:db8::70", 1)):
            self.assertEqual(self.ana.json(f"analyse who '{who}' --evidence e3")["elsewhere"]["events"], count, who)

    def test_the_report_draws_and_lists_what_was_marked(self):
        self.ana("analyse tag e2.2 attacker-2 --because 'from where <nobody> works'")
        self.ana("analyse tag e1.3 odd")
        self.ana("analyse tag e1.50 secret-thing --tlp red")
        self.ana("analyse clock e1 --skew 1m")
        self.ana("analyse clock e2 --skew 1h")
        self.ana("analyse tag e2.1 early")
        self.ana("analyse clock e2 --skew none")
        for label in ("red", "amber"):
            self.ana(f"report draft --tlp {label} --file {self.folder / label}")
        red, amber = (next((self.folder / label).glob("*.html")) for label in ("red", "amber"))
        html = amber.read_text()
        svg = html[html.index('<figure class="moments">'):]
        svg = svg[:svg.index("</figure>")]
        self.assertEqual([svg.count(f"<title>{i}: ") for i in (1, 2, 3, 4)], [1, 1, 1, 0])
        self.assertIn("<title>1: 2026-11-01 01:59:00 UTC, web1, odd: app: hour 2</title>", svg)  # 02:00 less the minute that the clock ran ahead
        self.assertNotIn("<nobody>", html)
        self.assertNotIn("secret-thing", html)
        self.assertIn("secret-thing", red.read_text())
        self.assertNotIn("<script", html)
        text = amber.with_suffix(".md").read_text()
        self.assertRegex(text, r"\| *1 *\| 2026-11-01 01:59:00 *\| web1 *\| `?e1\.3`? *\| odd")
        self.assertRegex(text, r"\| *2 *\| 2026-11-02 00:30:00 *\| db1 ")  # marked when its clock was thought to be wrong
        self.assertRegex(text, r"\| *3 *\| 2026-11-02 01:30:00 *\| db1 ")
        rows = {line.split("|")[1].strip(): line for line in text.splitlines() if line.startswith("|")}
        self.assertEqual([i for i in "123" if "the clock was corrected" in rows[i]], ["1"])
        self.assertEqual([line.split()[1][0] for line in self.ana("analyse tags").splitlines() if "e2.1" in line], ["2"])


class Large(CaseTest):
    def test_an_answer_as_json_that_has_no_room_is_refused_with_what_to_do(self):
        """Control characters become \\xHH in an event, and one more backslash in JSON: five bytes of one."""
        with open(self.folder / "large.log", "w") as file:
            for i in range(8000):
                file.write(f"2026-11-01T{i // 3600:02}:{i // 60 % 60:02}:{i % 60:02}+00:00 web1 app[7]: {chr(1) * 16000}\n")
        self.ana("preserve files large.log")
        self.ana("analyse timeline")
        status, said = self.ana.fails("analyse search app --json --most 8000")
        self.assertEqual(status, LIMIT)
        self.assertIn("the answer as JSON has more than 512 MiB", said)
        self.assertEqual(len(self.ana.json("analyse search app --most 100")), 100)


if __name__ == "__main__":
    main()
