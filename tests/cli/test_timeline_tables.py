"""test_timeline_tables.py: tables and body files that other programs write, in the forms that their documentation or source states, and the events that
they are; that every sample and every file of ../shared/data is exported, read and exported again to the same bytes, and that what plaso wrote has the
times that it states. Lines and expected values were written by hand."""
import csv
import datetime
import io
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

from test_timeline_formats import CASES as LINES
import harness
from timeline_lines import is_nobodys, PROBE, WRITTEN, read_file, read_lines

SHARED = pathlib.Path(__file__).resolve().parents[2] / "../shared/data"
FORMS = {"timesketch-csv": "0", "timesketch-json": "1", "ecs-json": "2"}
L2T = "date,time,timezone,MACB,source,sourcetype,type,user,host,short,desc,version,filename,inode,notes,format,extra\n"
DYNAMIC = "datetime,timestamp_desc,source,source_long,message,parser,display_name,tag\n"
MACTIME = "Date,Size,Type,Mode,UID,GID,Meta,File Name\n"
PG = ('2026-11-25 03:12:09.123 {zone},"eva","shop",812,"192.0.2.7:51022",692512f9.32c,1,"authentication",2026-11-25 03:12:09 UTC,3/2,0,FATAL,28P01,'
      '"password authentication failed for user ""eva""","Connection matched file\nline 4",,,,,,,,"psql"')
PLASO = {"__container_type__": "event", "__type__": "AttributeContainer", "data_type": "fs:stat", "parser": "filestat", "filename": "/etc/passwd",
         "message": "OS:/etc/passwd Type: file", "timestamp": 1764036729123456, "timestamp_desc": "Content Modification Time",
         "date_time": {"__class_name__": "PosixTimeInNanoseconds", "__type__": "DateTimeValues", "timestamp": 1764036729123456789}}
OWN = "message,datetime,timestamp,timestamp_desc,timeline.precision,timeline.doubt,timeline.meaning,timeline.several,timeline.made,timeline.source,"\
      "timeline.place,timeline.line,user.name\n"

# A format, its text, the counts (events, unparsed, continued, comments), and of each event what it must have; None: it must not have it.
CASES = [
    ("timesketch", "\ufefftimestamp_desc,message,timestamp,datetime,src_ip,color\r\n"
     "Login,\"a \"\"b\"\", c\r\nd\",1764036729123456,2025-11-25T02:12:09.123456+00:00,192.0.2.7,\r\n"
     "Seen,later,1,2025-11-25T02:12:10Z,,red\r\nSeen,x,1764036731000000,soon,,\r\n", (3, 0, 1, 1), [
         {"time": "2025-11-25T02:12:09.123456Z", "message": "a \"b\", c\r\nd", "source.ip": "192.0.2.7", "timesketch.timestamp_desc": "Login",
          "timesketch.timestamp": None, "line": 2},
         {"time": "2025-11-25T02:12:10Z", "timesketch.timestamp": "1", "timesketch.color": "red", "line": 4},
         {"time": "2025-11-25T02:12:11Z", "precision": "us", "timesketch.datetime": "soon"}]),
    # The zone in the head of the time's column, or in a column of its own.
    ("table", "Time (CET),User,Source IP\n2026-11-25 03:12:09,eva,192.0.2.7\n", (1, 0, 0, 1), [
        {"time": "2026-11-25T02:12:09Z", "doubt": "", "user.name": "eva", "source.ip": "192.0.2.7"}]),
    ("table", "Date [UTC+02:00];User\n2026-11-25 03:12:09;eva\n", (1, 0, 0, 1), [{"time": "2026-11-25T01:12:09Z", "doubt": ""}]),
    ("table", "Time,Timezone,User\n2026-11-25 03:12:09,CEST,eva\n2026-11-25 03:12:09,-05:00,eva\n2026-11-25 03:12:09Z,CEST,eva\n2026-11-25 03:12:09,,eva\n",
     (4, 0, 0, 1), [{"time": "2026-11-25T01:12:09Z", "doubt": "", "event.timezone": "CEST"}, {"time": "2026-11-25T08:12:09Z", "doubt": ""},
                    {"time": "2026-11-25T03:12:09Z", "doubt": ""}, {"time": "2026-11-25T03:12:09Z", "doubt": "z"}]),
    ("timesketch", json.dumps({"message": "m", "datetime": "2025-11-25T02:12:09", "timestamp_desc": "x", "tag": ["a", "b"], "timeline.source": "forged",
                               "event.dataset": "evtx"}) + "\n", (1, 0, 0, 0), [
         {"time": "2025-11-25T02:12:09Z", "doubt": "z", "timesketch.tag": ["a", "b"], "timeline.source": None}]),
    ("plaso", L2T + "01/22/2012,07:52:33,UTC,M..B,FILE,File stat,Content Modification Time; Creation Time,-,h,s...,a \"b c,2,OS:/x,1,-,filestat,-\n"
     "01/22/2012,07:52:34,UTC,M...,LOG,Log File,Content Modification Time,u,-,s,\"begins with a quote,2,OS:/log,-,-,text/x,k: v\n"
     "02/30/2012,07:52:34,Europe/Berlin,....,LOG,x,Recorded Time,-,-,s,d,2,OS:/log,-,-,p,-\n"
     "01/22/2012,07:52:34,Europe/Berlin,....,LOG,x,Recorded Time,-,-,s,\"quoted, here\",2,OS:/log,-,-,p,-\n1,2\n", (4, 1, 0, 1), [
         {"time": "2012-01-22T07:52:33Z", "doubt": "", "file.path": "/x", "message": "a \"b c", "user.name": None, "host.name": "h"},
         {"time": "2012-01-22T07:52:34Z", "message": "\"begins with a quote", "user.name": "u", "plaso.extra": "k: v", "file.path": None},
         {"doubt": "o", "precision": "none", "plaso.date": "02/30/2012"},
         {"time": "2012-01-22T07:52:34Z", "doubt": "z", "plaso.timezone": "Europe/Berlin", "message": "quoted, here"}, {"message": "1,2"}]),
    ("plaso", DYNAMIC + "2012-01-22T07:52:33.000001+00:00,Last Login Time,LOG,x,m,utmp,OS:/x,-\n0000-00-00T00:00:00.000000+00:00,Not a time,LOG,x,m,p,d,-\n",
     (2, 0, 0, 1), [{"time": "2012-01-22T07:52:33.000001Z", "precision": "us", "plaso.parser": "utmp", "plaso.tag": None},
                    {"precision": "none", "doubt": "o", "plaso.timestamp_desc": "Not a time"}]),
    ("plaso", "".join(json.dumps(line) + "\n" for line in (PLASO, PLASO | {"date_time": {"__class_name__": "FATDateTime", "is_local_time": True}})),
     (2, 0, 0, 0), [{"time": "2025-11-25T02:12:09.123456789Z", "precision": "ns", "file.path": "/etc/passwd", "plaso.data_type": "fs:stat"},
                    {"precision": "2s", "doubt": "z"}]),
    # What dfDateTime's classes count: 100 ns since 1601, which is 11,644,473,600 s before 1970, and since 1582-10-15 (12,219,292,800 s); what is not the time
    # that plaso states, more than rounded, is not believed.
    ("plaso", "".join(json.dumps(PLASO | {"date_time": {"__class_name__": name, "timestamp": count}}) + "\n" for name, count in (
        ("Filetime", (1764036729 + 11644473600) * 10**7 + 1234561), ("UUIDTime", (1764036729 + 12219292800) * 10**7 + 1234569),
        ("APFSTime", 1764036729123455789), ("PosixTimeInNanoseconds", 1764036728123456789), ("PosixTimeInMicroseconds", 1764036729123456))),
     (5, 0, 0, 0), [{"time": "2025-11-25T02:12:09.1234561Z", "precision": "100ns"}, {"time": "2025-11-25T02:12:09.1234569Z", "precision": "100ns"},
                    {"time": "2025-11-25T02:12:09.123455789Z", "precision": "ns"}, {"time": "2025-11-25T02:12:09.123456Z", "precision": "us"},
                    {"time": "2025-11-25T02:12:09.123456Z", "precision": "us"}]),
    ("mactime", MACTIME + "2020-09-13T12:26:40Z,1,m.c.,l/lrwxrwxrwx,0,root,12,\"/a \"\"b\"\" -> c\"\nXxx Xxx 00 0000 00:00:00,0,...b,x,0,0,1,\"/\"\n"
     "Mon Jan 02 2012 15:04:05,1,macb,d/drwsr-x--T,0,0,1,\"/x (deleted)\"\nMon 01 02 2012 15:04:05,1,zzzz,d,0,0,1,\"/x\"\n", (3, 1, 0, 1), [
         {"time": "2020-09-13T12:26:40Z", "doubt": "", "file.path": "/a \"b\"", "file.target_path": "c", "file.mode": "0777", "file.group": "root"},
         {"precision": "none", "doubt": "o", "body.mode": "x"},
         {"time": "2012-01-02T15:04:05Z", "doubt": "z", "file.path": "/x", "file.mode": "5750", "file_system.state": "deleted"}, {"event.kind": "unparsed"}]),
    ("body", "# made by hand\n0|/etc/passwd|12-128-1|r/rrw-r--r--|0|0|7|1700000000.25|-1|1600000000|1600000000\n"
     "d41d8cd98f00b204e9800998ecf8427e|/a\\|b|0|l/l---------|||0|0|0|0|0\nno line\n\n", (3, 1, 0, 1), [
         {"time": "2020-09-13T12:26:40Z", "precision": "s", "file.inode": "12-128-1", "file.size": "7", "line": 2},
         {"time": "2023-11-14T22:13:20.25Z", "precision": "ms", "file.mode": "0644", "line": 2},
         {"doubt": "o", "file.path": "/a\\|b", "file.hash.md5": "d41d8cd98f00b204e9800998ecf8427e"}, {"message": "no line"}]),
    # findutils, find/print.c: %A@ has ten digits; a birth that stat(1) does not know; 9999999999 is of 2286, which no 64 bits of nanoseconds have. What is no number is no body file's.
    ("body", "0|/etc/f0|100|-rw-r--r--|0|0|1024|1763604729.1234567890|1763604729.5000000000|1763604730.0000000000|-\n0|/etc/f1|101|r/rrw-r--r--|0|0|1024|1763604731|1763604731|1763604731|9999999999\n"
     "0|/etc/f2|102|r/rrw-r--r--|0|0|1024|-2.5000000000|99999999999999999999999|9999999999|9999999999\n"
     + "".join(f"0|/etc/f3|103|r/rrw-r--r--|0|0|1024|1763604731|1763604731|1763604731|{cell}\n" for cell in ("--", "1.", ".5", "1.5.5", "12a", "0x12", "1.1234567890123456789"))
     + "0|/etc/f4|104|-rw-r--r--|0|0|1024|0|0|0|0\n" * 6, (14, 7, 0, 0), [
         {"time": "2025-11-20T02:12:09.123456789Z", "precision": "ns", "doubt": "", "file.path": "/etc/f0"}, {"time": "2025-11-20T02:12:09.5Z", "precision": "ns"}, {"time": "2025-11-20T02:12:10Z"},
         {"time": "2025-11-20T02:12:11Z", "precision": "s", "doubt": "", "file.path": "/etc/f1", "event.stated_time": None},
         {"precision": "none", "doubt": "or", "file.path": "/etc/f1", "file.inode": "101", "event.stated_time": "9999999999"},
         *({"precision": "none", "doubt": "or", "file.path": "/etc/f2", "event.stated_time": text} for text in ("-2.5000000000", "99999999999999999999999", "9999999999")),
         *({"event.kind": "unparsed"} for _ in range(7)), *({"doubt": "o", "event.stated_time": None} for _ in range(6))]),
    # What calm preserve read --body says of a file whose length nobody knows, and a name that only ends so.
    ("body", "0|/x (length forgotten) (deleted)|12|r/rrw-r--r--|0|0|0|0|1600000000|0|0\n0|/y (deleted-realloc)|13|r/rrw-r--r--|0|0|0|0|1600000001|0|0\n"
     "0|/z (length forgotten)|14|r/rrw-r--r--|0|0|5|0|1600000002|0|0\n", (3, 0, 0, 0), [
         {"time": "2020-09-13T12:26:40Z", "file.path": "/x", "file.size": None, "file_system.state": "deleted"},
         {"file.path": "/y", "file.size": "0", "file_system.state": "reallocated"}, {"file.path": "/z (length forgotten)", "file.size": "5", "file_system.state": None}]),
    ("postgresql", PG.format(zone="UTC") + "\n" + PG.format(zone="CET") + ",\"client backend\"\n" + PG.format(zone="CET") + ",\"client backend\",,0\n"
     + PG.format(zone="CET") + ",1,2,3,4\n", (3, 1, 4, 0), [
         {"time": "2026-11-25T03:12:09.123Z", "doubt": "", "source.ip": "192.0.2.7", "source.port": "51022", "error.code": "28P01", "log.level": "critical",
          "postgresql.detail": "Connection matched file\nline 4", "event.action": "login", "event.outcome": "failure", "postgresql.application": "psql",
          "process.pid": "812", "postgresql.transaction_id": None},
         {"doubt": "", "event.timezone": "CET", "line": 3, "postgresql.backend_type": "client backend"}, {"postgresql.query_id": None, "line": 5}, {"event.kind": "unparsed"}]),
    ("timeline", OWN + "m,2026-11-25T02:12:09.123456789+00:00,1,logged,ns,yz,logged,\"[\"\"user.name\"\"]\",,x,0,1,\"[\"\"a\"\",\"\"b\"\"]\"\n"
     "made up,2026-11-25T02:12:10.000000000+00:00,1,logged,none,o,\"modified,changed\",,message,x,0,,v\n"
     "m,2026-11-25T02:12:10Z,1,logged,no,,logged,,,x,0,1,v\nm,2026-11-25T02:12:10Z,1,logged,s,?,logged,,,x,0,1,v\n"
     "m,2026-11-25T02:12:10Z,1,logged,s,,logged,\"[\"\"nobody\"\"]\",,x,0,1,v\nm,2026-11-25T02:12:10,1,logged,s,,logged,,,x,0,1,v\n", (2, 4, 0, 1), [
         {"time": "2026-11-25T02:12:09.123456789Z", "doubt": "yz", "user.name": ["a", "b"], "timeline.source": "x", "timeline.line": "1"},
         {"time": "2026-11-25T02:12:10Z", "precision": "none", "doubt": "o", "message": None, "user.name": "v"}] + 4 * [{"event.kind": "unparsed"}]),
    # Kibana's, Splunk's, Graylog's, Purview's, Hayabusa's and MFTECmd's tables, and others: names of ECS and usual ones are fields, all else is "table.".
    ("table", '"@timestamp","host.name","user.name","source.ip","event.outcome",bytes,message\n"Nov 20, 2026 @ 10:00:01.123",web1,eva,"203.0.113.9",failure,7,"a, b\nc"\n'
     '"2026-11-20T10:00:02.123Z",web1,"-","nowhere",-,"",sudo\nsoon,web1,x,-,-,,\n1,2\n', (3, 1, 1, 1), [
         {"time": "2026-11-20T10:00:01.123Z", "doubt": "z", "host.name": "web1", "user.name": "eva", "source.ip": "203.0.113.9", "event.outcome": "failure", "message": "a, b\nc",
          "table.bytes": "7", "line": 2},
         {"time": "2026-11-20T10:00:02.123Z", "doubt": "", "user.name": None, "source.ip": None, "table.source.ip": "nowhere", "event.outcome": None, "message": "sudo"},
         {"doubt": "or", "event.stated_time": "soon", "user.name": "x", "message": "soon,web1,x,-,-,,"}, {"message": "1,2"}]),
    ("table", '"_time","_raw",host,source\n"2026-11-20T10:00:01.000+0100","Nov 20 10:00:01 web1 sshd[5]: Failed password for eva from 203.0.113.9 port 5 ssh2",web1,/var/log/auth.log\n', (1, 0, 0, 1), [
        {"time": "2026-11-20T09:00:01Z", "host.name": "web1", "process.name": "sshd", "process.pid": "5", "user.name": "eva", "source.ip": "203.0.113.9", "event.action": "login",
         "event.outcome": "failure", "table.source": "/var/log/auth.log"}]),
    ("table", '"timestamp","source","message"\n"2026-11-20T09:00:01.123Z","web1","sshd[5]: Accepted password for eva from 203.0.113.9 port 5 ssh2"\n', (1, 0, 0, 1), [
        {"time": "2026-11-20T09:00:01.123Z", "host.name": "web1", "user.name": "eva", "event.outcome": "success"}]),
    ("table", 'RecordId,CreationDate,UserIds,Operations,AuditData\n1,11/20/2026 9:00:01 PM,eva@example.org,New-InboxRule,"{""ClientIP"":""203.0.113.9"",""Operation"":""New-InboxRule"",""Parameters"":[{""Name"":""x""}]}"\n'
     '2,11/05/2026 9:00:01 AM,-,x,"{broken"\n', (2, 0, 0, 1), [
        {"time": "2026-11-20T21:00:01Z", "doubt": "", "user.name": "eva@example.org", "event.action": "New-InboxRule", "source.ip": "203.0.113.9", "table.AuditData.Parameters.Name": "x"},
        {"time": "2026-11-05T09:00:01Z", "table.AuditData": "{broken", "user.name": None}]),
    ("table", '"Timestamp","RuleTitle","Level","Computer","Channel","EventID","RecordID","Details","ExtraFieldInfo"\n"2026-11-20 10:00:01.123 +01:00","Logon Failure","med","PC1","Sec",4625,55,'
     '"Type: 10 - RDP \u00a6 TgtUser: eva \u00a6 SrcIP: 203.0.113.9 \u00a6 x","-"\n', (1, 0, 0, 1), [
        {"time": "2026-11-20T09:00:01.123Z", "doubt": "", "rule.name": "Logon Failure", "table.Level": "med", "host.name": "PC1", "event.code": "4625", "table.Details.Type": "10 - RDP",
         "related.user": "eva", "source.ip": "203.0.113.9", "table.Details": "x", "user.name": None}]),
    ("table", "Zeit;Time;User;Dauer\nx;20.11.2026 09:00:01;eva;7\n", (1, 0, 0, 1), [{"time": "2026-11-20T09:00:01Z", "doubt": "z", "user.name": "eva", "table.Dauer": "7"}]),
    ("table", "date and time\tclient_ip\n05/11/2026 09:00\t203.0.113.9\n20/11/2026 09:00\t203.0.113.9\n", (2, 0, 0, 1), [
        {"time": "2026-11-05T09:00:00Z", "precision": "min", "source.ip": "203.0.113.9"}, {"time": "2026-11-20T09:00:00Z"}]),
    ("table", "message,datetime\nm,2026-11-25T02:12:09Z\n", (1, 0, 0, 1), [{"time": "2026-11-25T02:12:09Z", "message": "m"}]),
    ("mft", "EntryNumber,SequenceNumber,InUse,ParentEntryNumber,ParentPath,FileName,Extension,FileSize,IsDirectory,Created0x10,Created0x30,LastModified0x10,LastModified0x30,LastAccess0x10\n"
     "5,2,True,5,.\\Users\\eva,\"e,\"\"vil.exe\",.exe,500,False,2026-11-20 09:00:01.1234567,2026-11-19 09:00:01.0000000,2026-11-20 09:00:02.1234567,,2026-11-20 09:00:01.1234567\n"
     "6,5,False,5,.\\Users,x,,0,True,,,,,\n", (4, 0, 0, 1), [
        {"time": "2026-11-20T09:00:02.1234567Z", "precision": "100ns", "doubt": "", "file.path": "/Users/eva/e,\"vil.exe", "file.inode": "5", "file.size": "500", "file.type": "file",
         "file_system.times": None, "file_system.state": None},
        {"time": "2026-11-20T09:00:01.1234567Z"}, {"time": "2026-11-19T09:00:01Z", "file_system.times": "$FILE_NAME", "file.path": "/Users/eva/e,\"vil.exe"},
        {"precision": "none", "file.path": "/Users/x", "file.type": "dir", "file_system.state": "deleted"}]),
]
# Ordinary tables, and what begins as one of these and is none.
DECLINED = [
    "name,address,telephone\neva,\"a, b\",1\n", "Date,Open,High,Low,Close\n2026-11-25,1,2,3,4\n", "time,temperature\n2026-11-25 03:12:09,7\n", "date,user\n2026-11-25,eva\n",
    "date,time,message\n01/22/2012,07:52:33,m\n", "1|2|3|4|5|6|7|8|9|10\n", "a|b|c|d|e|f|g|h|i|j|k\n",
    "0|/a|x|r/r|0|0|0|1|2|3|4\n", "{\"message\": \"m\", \"timestamp_desc\": \"x\"}\n", "\"", "\"a\nb", ",,,,,,,,,,,,,,,,,,,,,,\n",
    "Date,Size,Type,Mode,UID,GID,Meta\n", "root|x|0|0|root|/root|/bin/sh\n"]


def export(path, form):
    return subprocess.run([PROBE, "-y", str(WRITTEN), "-x", FORMS[form], path], capture_output=True, timeout=100, check=True).stdout


class Tables(unittest.TestCase):
    maxDiff = None

    def test_rows_become_events_and_counts_add_up(self):
        for name, text, counts, wanted in CASES:
            with self.subTest(format=name, text=text[:60]):
                events, told = read_lines(text)
                self.assertEqual((told["format"], *(told[part] for part in ("events", "unparsed", "continued", "comments"))), (name, *counts))
                self.assertEqual(told["lines"], sum(counts) + told["empty"])
                self.assertEqual(len(events), len(wanted))
                for event, fields in zip(events, wanted):
                    self.assertEqual({key: event.get(key) for key in fields}, fields)

    def test_lines_may_end_with_cr_alone(self):
        tried = set()
        for name, text, _, _ in CASES:
            if "\r" in text or any(part.count('"') % 2 for part in text.split("\n")):
                continue
            with self.subTest(format=name, text=text[:60]):
                self.assertEqual(read_lines(text.replace("\n", "\r")), read_lines(text))
            tried.add(name)
        self.assertGreaterEqual(len(tried), 4)

    def test_a_long_body_file_may_end_its_lines_with_cr_alone(self):
        lines = [f"0|/srv/file {i}|{i}|r/rrw-r--r--|0|0|7|{1700000000 + i}|0|0|0" for i in range(3000)]
        events, told = read_lines("\r".join(lines))
        self.assertEqual((told["format"], told["lines"], told["events"], told["unparsed"]), ("body", 3000, 3000, 0))
        self.assertEqual([(event["file.path"], event["at"]) for event in events[:2]], [("/srv/file 0", 0), ("/srv/file 1", len(lines[0]) + 1)])
        self.assertEqual((events[-1]["file.path"], events[-1]["time"], events[-1]["line"]), ("/srv/file 2999", "2023-11-14T23:03:19Z", 3000))  # 1700002999
        # where lines end with LF, a CR in a name ends none
        events, told = read_lines("\n".join(line.replace("/file", "/fi\rle") for line in lines) + "\n")
        self.assertEqual((told["format"], told["events"], events[0]["file.path"]), ("body", 3000, "/srv/fi\rle 0"))
        # nor does one outside of a line that is the only one
        events, told = read_lines(lines[0] + "\r")
        self.assertEqual((told["format"], told["events"], events[0]["time"]), ("body", 1, "2023-11-14T22:13:20Z"))

    def test_ordinary_tables_are_declined(self):
        for text in DECLINED:
            with self.subTest(text=text[:60]):
                self.assertTrue(is_nobodys(text))

    def test_a_quote_that_is_not_closed_costs_its_line_and_nothing_else(self):
        row = "Seen,\"m\",1764036731000000,2025-11-25T02:12:11Z\n"
        head = "timestamp_desc,message,timestamp,datetime\n"
        for bad in ("Seen,\"open,1,x\n", "Seen,\"m\"x,1764036731000000,2025-11-25T02:12:11Z\n", "Seen,a\"b,1764036731000000,x\n", "Seen,1,2\n"):
            events, told = read_lines(head + 40000 * row + bad + 3 * row)
            self.assertEqual(told["lines"], 40005)
            self.assertEqual((told["events"], told["unparsed"]), (40003, 1), bad)
            self.assertEqual(events[40000]["message"], bad[:-1])

    def test_a_record_of_more_than_a_mebibyte_is_unparsed_with_its_size(self):
        row = "Seen,m,1764036731000000,2025-11-25T02:12:11Z\n"
        events, told = read_lines("timestamp_desc,message,timestamp,datetime\n" + row + "Seen," + "x" * (3 << 20) + ",1,2\n" + row)
        self.assertEqual((told["events"], told["unparsed"], told["lines"]), (2, 1, 4))
        self.assertEqual((len(events[1]["message"]), events[1]["event.cut"]), (65536, f"message: {(3 << 20) + 9} bytes"))
        lines = "Seen,\"" + 30000 * "a line in quotes that end late, or never\n"
        events, told = read_lines("timestamp_desc,message,timestamp,datetime\n" + row + lines + row)
        self.assertEqual((told["events"], told["unparsed"], told["lines"]), (2, 30000, 30003))

    def check_again(self, path):
        for form in FORMS:
            first = export(path, form)
            with tempfile.NamedTemporaryFile() as file:
                file.write(first)
                file.flush()
                if first.count(b"\n") > (form == "timesketch-csv"):
                    self.assertEqual(read_file(file.name)[1]["format"], "timeline")
                    self.assertEqual(export(file.name, form), first, (path, form))
            if form == "timesketch-csv":
                rows = list(csv.reader(io.StringIO(first.decode(), newline=""), strict=True))
                self.assertEqual(len({len(row) for row in rows}), 1)
            else:
                self.assertTrue(all(json.loads(line) for line in first.decode().split("\n")[:-1]))

    def test_every_sample_comes_back_as_it_was(self):
        for text in [text for _, text, _ in LINES] + [text for _, text, _, _ in CASES]:
            with self.subTest(text=text[:60]), tempfile.NamedTemporaryFile() as file:
                file.write(text if isinstance(text, bytes) else text.encode())
                file.flush()
                self.check_again(file.name)

    def test_real_logs_come_back_as_they_were(self):
        if not SHARED.is_dir():
            self.skipTest("../shared/data is not there")
        tried = 0
        for folder in ("loghub", "lnav", "crowdsec", "go-libaudit", "artemis", "_reference", "plaso/test_data"):
            for path in sorted((SHARED / folder).rglob("*")):
                if path.is_file() and path.stat().st_size < 1 << 17 and path.suffix != ".py" and read_file(path)[1]["format"]:
                    self.check_again(path)
                    tried += 1
        self.assertGreater(tried, 40)

    def test_what_plaso_wrote_has_the_times_that_it_states(self):
        path = SHARED / "plaso/test_data/end_to_end/l2tcsv.log"
        if not path.is_file():
            self.skipTest("../shared/data is not there")
        rows = [line.split(",") for line in path.read_text(encoding="utf-8").splitlines()[1:]]
        events, told = read_file(path)
        self.assertEqual((told["events"], told["unparsed"]), (len(rows), 0))
        times = [datetime.datetime.strptime(f"{row[0]} {row[1]}", "%m/%d/%Y %H:%M:%S").isoformat() + "Z" for row in rows]
        self.assertEqual([(event["time"], event["message"]) for event in events], [(when, row[10]) for when, row in zip(times, rows)])


# base/mactime.base of The Sleuth Kit: without -d a time stands once, at the first of its lines; -h puts a head in front.
MACTIME_LINES = """Wed Nov 25 2026 03:12:09     1024 ma.. r/rrw-r--r-- 0        0        12       /etc/passwd
                               90 ma.. r/rrw-r----- 0        42       13       /etc/shadow
                               10 macb r/rrwxr-xr-x www-data www-data 14-128-1 /tmp/.x/e v.sh (deleted)
Wed Nov 25 2026 03:12:10     1024 ..c. r/rrw-r--r-- 0        0        12       /etc/passwd
"""
MACTIME_HEAD = "The Sleuth Kit mactime Timeline\nInput Source: body.txt\n\n"


class Columns(unittest.TestCase):
    """Tables of clouds and shops: what their columns and the objects in their cells say."""
    RECORD = {"CreationTime": "2026-11-20T03:57:09", "Id": "r5", "Operation": "New-InboxRule", "OrganizationId": "o", "RecordType": 1, "ResultStatus": "True", "UserType": 2, "Workload": "Exchange", "ClientIP": "203.0.113.7:5555", "UserId": "eva@example.com"}

    def rows(self, *rows):
        text = io.StringIO()
        csv.writer(text).writerows(rows)
        return read_lines(text.getvalue())

    def has(self, event, wanted):
        self.assertEqual({name: event.get(name) for name in wanted}, wanted)

    def test_purviews_records_mean_what_they_mean_as_json(self):
        """Office 365 Management Activity API schema: who, from where (with a port), how it went; Purview's columns of 2025."""
        head = ("RecordId", "CreationDate", "RecordType", "Operation", "UserId", "AuditData", "AssociatedAdminUnits")
        for more, outcome in (({}, "success"), ({"ResultStatus": "False"}, "failure"), ({"Operation": "UserLoginFailed", "ResultStatus": "Success"}, "failure"), ({"ResultStatus": "PartiallySucceeded"}, None)):
            record = self.RECORD | more
            events, counts = self.rows(head, *[("r5", "2026-11-20T03:57:09.0000000Z", "1", record["Operation"], "eva@example.com", json.dumps(record), "")] * 3)
            self.assertEqual(counts["format"], "table")
            self.has(events[0], {"user.name": "eva@example.com", "source.ip": "203.0.113.7", "source.port": "5555", "event.action": record["Operation"], "event.outcome": outcome, "winlog.record_id": None, "table.RecordId": "r5", "time": "2026-11-20T03:57:09Z", "doubt": ""})
        # Without its members it is no such record.
        events, _ = self.rows(head, *[("r5", "2026-11-20T03:57:09Z", "1", "x", "eva", json.dumps({"ResultStatus": "False", "Operation": "x"}), "")] * 3)
        self.has(events[0], {"event.outcome": None})

    def test_sign_ins_of_entra(self):
        head = ("Date (UTC)", "Request ID", "User agent", "User", "Username", "IP address", "Status", "Sign-in error code", "Failure reason")
        events, _ = self.rows(head, ("2026-11-20T03:57:09Z", "r5", "Mozilla", "Eva Muster", "eva@example.com", "203.0.113.7", "Failure", "50126", "Invalid username or password"),
                              ("2026-11-20T03:57:10Z", "r6", "Mozilla", "Eva Muster", "eva@example.com", "203.0.113.7", "Interrupted", "50140", ""))
        self.has(events[0], {"event.action": "login", "event.outcome": "failure", "user.name": "eva@example.com", "user.full_name": "Eva Muster", "source.ip": "203.0.113.7", "error.code": "50126", "event.reason": "Invalid username or password"})
        self.has(events[1], {"event.action": None, "event.outcome": None, "table.Status": "Interrupted"})

    def test_defenders_hunting_and_a_shops_orders(self):
        events, _ = self.rows(("Timestamp", "DeviceName", "ActionType", "FileName", "AccountName", "RemoteIP", "ProcessCommandLine"), *[("2026-11-20T03:00:09.1234567Z", "pc1", "ProcessCreated", "cmd.exe", "eva", "203.0.113.7", "cmd /c whoami")] * 3)
        self.has(events[0], {"host.name": "pc1", "event.action": "ProcessCreated", "user.name": "eva", "related.ip": "203.0.113.7", "process.command_line": "cmd /c whoami"})
        events, _ = self.rows(("order_id", "created_at", "updated_at", "ip_address", "total"), *[("5", "2026-11-20 03:00:09 +0100", "2026-11-21 03:00:09 +0100", "203.0.113.7", "12.00")] * 3)
        self.has(events[0], {"time": "2026-11-20T02:00:09Z", "doubt": "", "source.ip": "203.0.113.7"})

    def test_a_day_and_a_clock_of_columns_of_their_own(self):
        """QNAP's QuLog."""
        head = "Severity Level,Date,Time,Users,Source IP,Content\n"
        for day, clock, time in (("2026-11-25", "03:12:09", "2026-11-25T03:12:09Z"), ("25.11.2026", "3:12:09 PM", "2026-11-25T15:12:09Z")):
            events, counts = read_lines(head + f"Warning,{day},{clock},root,203.0.113.7,x\n" * 2)
            self.assertEqual((counts["format"], events[0]["time"], events[0]["source.ip"], events[0].get("table.Date")), ("table", time, "203.0.113.7", None))
        for day, clock in (("", "03:12:09"), ("2026-11-25", "soon"), ("7", "03:12:09")):
            self.assertNotEqual(read_lines(head + f"Warning,{day},{clock},root,203.0.113.7,x\n" * 2)[1]["format"], "table")

    def test_a_status_is_an_outcome_where_it_says_so(self):
        for status, outcome in (("success", "success"), ("Failed", "failure"), ("404", None), ("open", None)):
            events, _ = self.rows(("time", "user", "status"), *[("2026-11-20 03:00:09", "eva", status)] * 3)
            self.has(events[0], {"event.outcome": outcome, "table.status": None if outcome else status})

    def test_columns_that_are_called_like_a_time_alone_make_no_table(self):
        for head, row in ((("created_at", "celsius"), ("2026-11-20 03:00:09 +0100", "5")), (("candidate", "user"), ("2026", "eva")), (("updated", "user"), ("12:05", "eva"))):
            _, counts = self.rows(head, *[row] * 3)
            self.assertNotEqual(counts["format"], "table", head)


class Mactime(unittest.TestCase):
    def test_lines_for_people_are_files_each_with_its_time(self):
        for head in ("", MACTIME_HEAD):
            events, counts = read_lines(head + MACTIME_LINES)
            self.assertEqual((counts["format"], counts["events"], counts["unparsed"], counts["continued"]), ("mactime", 4, 0, 0))
            self.assertEqual([(event["time"], event["file.path"], event["doubt"]) for event in events],
                             [("2026-11-25T03:12:09Z", path, "z") for path in ("/etc/passwd", "/etc/shadow", "/tmp/.x/e v.sh")] + [("2026-11-25T03:12:10Z", "/etc/passwd", "z")])
            self.assertEqual((events[2]["file.inode"], events[2]["file.size"], events[2]["file_system.state"], events[2]["file.mode"]), ("14-128-1", "10", "deleted", "0755"))
        self.assertEqual(read_lines(MACTIME_LINES.replace("Wed Nov 25 2026 03:12:09", "2026-11-25T03:12:09Z    "))[0][0]["time"], "2026-11-25T03:12:09Z")

    def test_modes_are_those_of_the_body_file(self):
        """mactime prints them as they are: those of stat(1), of UAC and mac-robber have no slash, others are numbers."""
        for mode in ("-rw-r--r--", "100644", "0"):
            events, counts = read_lines(MACTIME_LINES.replace("r/rrw-r--r--", mode.ljust(12)))
            self.assertEqual((counts["format"], counts["events"], counts["unparsed"], counts["continued"]), ("mactime", 4, 0, 0), mode)
            self.assertEqual(events[0]["file.path"], "/etc/passwd")

    def test_a_table_with_a_head_in_front_is_one(self):
        events, counts = read_lines(MACTIME_HEAD + 'Date,Size,Type,Mode,UID,GID,Meta,File Name\nWed Nov 25 2026 03:12:09,1024,ma..,r/rrw-r--r--,0,0,12,"/etc/passwd"\n')
        self.assertEqual((counts["format"], counts["events"], counts["comments"], counts["unparsed"]), ("mactime", 1, 3, 0))
        self.assertEqual((events[0]["time"], events[0]["precision"], events[0]["file.size"], events[0]["file.path"]), ("2026-11-25T03:12:09Z", "s", "1024", "/etc/passwd"))


if __name__ == "__main__":
    os.environ.setdefault("LC_ALL", "C.UTF-8")
    harness.main()
