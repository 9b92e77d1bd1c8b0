"""test_timeline_delivery.py: messages that state when they were, in lines whose head states when the log had them: what was kept, or fetched each hour, is told at its
own time, and what a wrong clock says is not."""
import datetime
import unittest

from timeline_lines import read_lines

BEGIN = datetime.datetime(2026, 11, 20)
SECOND = datetime.timedelta(seconds=1)


def iso(at):
    """rsyslog's RSYSLOG_FileFormat."""
    return f"{at:%Y-%m-%dT%H:%M:%S}.123456+00:00 gw "


def bsd(at):
    """RFC 3164."""
    return f"{at:%b} {at.day:2} {at:%H:%M:%S} gw "


def cef(at):
    return f"CEF:0|V|P|1|5|T|7|rt={at:%Y-%m-%dT%H:%M:%S}.000Z suser=eva act=blocked"


def forti(at):
    return f'date={at:%Y-%m-%d} time={at:%H:%M:%S} devname="FGT" devid="FG1" eventtime={int(at.replace(tzinfo=datetime.timezone.utc).timestamp())}000000000 tz="+0000" logid="0100032001" type="event" level="notice" user="eva"'


def sonic(at):
    return f'id=firewall sn=0006B1 time="{at:%Y-%m-%d %H:%M:%S} UTC" fw=198.51.100.5 pri=6 m=98 msg="Connection Opened" src=203.0.113.9:1:X1 dst=10.0.0.5:22:X0'


OTHER = "sshd[7]: Connection closed by 192.0.2.7 port 5\n"


def hourly(step, count):
    """What a script fetches each hour: times, and when they were fetched."""
    for n in range(count):
        own = BEGIN + n * step * SECOND
        yield own, own.replace(minute=0, second=0) + 3609 * SECOND


class Delivery(unittest.TestCase):
    def told(self, pairs, head, message):
        """Of each pair of times one line, among others: the event's time, and what else it has of times."""
        events, _ = read_lines("".join(head(log) + message(own) + "\n" + head(log) + OTHER for own, log in pairs))
        return [(event["time"][:19], event.get("event.ingested"), "event.stated_time" in event) for event in events if event.get("process.name") != "sshd"]

    def check(self, pairs, head, message, counts):
        pairs = list(pairs)
        told = self.told(pairs, head, message)
        self.assertEqual(len(told), len(pairs))
        for (own, log), (time, ingested, is_stated) in zip(pairs, told):
            self.assertEqual(time, (own if counts == "own" else log).isoformat())
            self.assertEqual(is_stated, counts != "own")
            if counts != "own" or head is iso:
                self.assertEqual(ingested, (log.isoformat() + "Z") if counts == "own" and (log - own).total_seconds() > 120 else None)

    def test_what_is_fetched_each_hour_is_told_when_it_was(self):
        for head in (iso, bsd):
            for message in (cef, forti, sonic):
                for step, count in ((175, 120), (3, 3000)):
                    with self.subTest(head=head.__name__, message=message.__name__, step=step):
                        self.check(hourly(step, count), head, message, "own")

    def test_what_was_kept_while_the_line_was_down_is_told_when_it_was(self):
        at_once = [(BEGIN + n * 600 * SECOND, BEGIN + (n * 600 + 1) * SECOND) for n in range(60)]
        kept = [(BEGIN + (36000 + n * 600) * SECOND, BEGIN + (72000 + n) * SECOND) for n in range(60)]
        for head in (iso, bsd):
            for message in (cef, forti, sonic):
                with self.subTest(head=head.__name__, message=message.__name__):
                    told = self.told(at_once + kept, head, message)
                    self.assertEqual([time for time, _, _ in told], [own.isoformat() for own, _ in at_once + kept])

    def test_a_clock_that_is_wrong_does_not_count(self):
        for behind in (26520, 260, 3 * 86400 + 500, -26520):  # 7 h 22 min, 4 min 20 s, three days, ahead
            pairs = [(BEGIN + (n * 95 - behind) * SECOND, BEGIN + n * 95 * SECOND) for n in range(200)]
            for head in (iso, bsd):
                for message in (cef, forti, sonic):
                    with self.subTest(behind=behind, head=head.__name__, message=message.__name__):
                        self.check(pairs, head, message, "head")

    def test_a_clock_that_goes_wrong_by_and_by_does_not_count(self):
        # A second more each hour; and two devices, wrong by another time each.
        slow = [(BEGIN + (n * 300 - 1000 - n // 12) * SECOND, BEGIN + n * 300 * SECOND) for n in range(1500)]
        two = [(BEGIN + (n * 95 - (26520, 5000)[n % 2]) * SECOND, BEGIN + n * 95 * SECOND) for n in range(200)]
        self.check(slow, iso, cef, "head")
        told = [time for time, _, _ in self.told(two, iso, sonic)]
        self.assertIn([log.isoformat() for _, log in two[1::2]], (told[0::2], told[1::2]))

    def test_a_wrong_clock_that_was_set_does_not_count_by_any_of_its_times(self):
        # 37 minutes slow, then set by hand, or by a server, to others; seconds between what is said and what is heard.
        for name, slow in (("once", (2220, 700)), ("twice", (2220, 4000, 700)), ("at last right", (2220, 700, 0)), ("first right", (0, 2220, 5000)), ("ahead", (-2220, 1700)),
                           ("often", (1300, 2500, 4000, 5300, 7000, 9500))):
            for count in (300, 3000):
                pairs = [(BEGIN + (n * 93 + n % 3 - slow[n * len(slow) // count] - n % 5) * SECOND, BEGIN + (n * 93 + n % 3) * SECOND) for n in range(count)]
                for message in (cef, forti, sonic):
                    with self.subTest(name, count=count, message=message.__name__):
                        told = self.told(pairs, iso, message)
                        wrong = [n for n, ((own, log), (time, _, _)) in enumerate(zip(pairs, told)) if time != (own if abs((log - own).total_seconds()) <= 120 else log).isoformat()]
                        self.assertEqual((len(told), wrong[:3]), (count, []))
                        self.assertEqual({ingested for _, ingested, _ in told}, {None})

    def test_what_came_late_beside_a_clock_that_was_set_is_told_when_it_was(self):
        # Each 93 seconds a line; what was said between the lines 150 and 170, and 400 and 420, came when the line was up again.
        pairs = []
        for n in range(600):
            late = n // 150 in (1, 2) and n % 250 in range(150, 170)
            log = BEGIN + ((n // 250 * 250 + 170) * 93 + n % 250 / 10 if late else n * 93) * SECOND
            pairs.append((BEGIN + (n * 93 - (6000 if n < 300 else 9000)) * SECOND, log.replace(microsecond=0)))
        told = self.told(pairs, iso, cef)
        for (own, log), (time, ingested, _) in zip(pairs, told):
            slow = (log - own).total_seconds()
            counts = log if min(abs(slow - 6000), abs(slow - 9000)) <= 900 else own
            self.assertEqual((time, ingested), (counts.isoformat(), None if counts == log else log.isoformat() + "Z"))

    def test_what_is_ahead_as_often_was_not_delivered_late(self):
        # A clock that jumps to and fro; some lines are in time.
        pairs = [(BEGIN + (n * 95 + (0, 400, -700, 1300, -1900, 2700)[n % 6] + n % 6 * n) * SECOND, BEGIN + n * 95 * SECOND) for n in range(120)]
        told = self.told(pairs, bsd, cef)
        self.assertEqual([time for time, _, _ in told if time not in {own.isoformat() for own, log in pairs if abs((own - log).total_seconds()) % 900 <= 120 or abs((own - log).total_seconds()) % 900 >= 780}],
                         [log.isoformat() for own, log in pairs if 120 < abs((own - log).total_seconds()) % 900 < 780])

    def test_of_few_lines_nothing_is_known(self):
        for late, counts in ((600, "own"), (6 * 86400, "own"), (8 * 86400, "head"), (-600, "head")):
            self.check([(BEGIN - late * SECOND, BEGIN)], iso, cef, counts)
        # Behind a head without a zone it may be anything.
        self.check([(BEGIN - 600 * SECOND, BEGIN)], bsd, cef, "head")


if __name__ == "__main__":
    unittest.main()
