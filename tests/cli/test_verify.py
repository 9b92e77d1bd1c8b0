"""calm-verify as people and programs meet it: what it prints, and what it does where a system refuses it something.

Whether its verdicts are right is for verify_agreement.py.
"""
import ctypes
import errno
import json
import os
import subprocess
import sys
import tempfile
import unittest

try:
    from cj1_builder import Journal, Key, page_groups
except ImportError as why:
    print('skipped: %s' % why)
    sys.exit(77)
from harness import ROOT, SANITIZED, VERIFY, main

LEAD, RECOVERY, MEMBER, WITNESS = (Key(n) for n in range(4))
VERIFIED, TAMPERED, NOT_ANCHORED, MALFORMED, UNCHECKED = range(5)


def refuse(call, *argument):
    """A function that has the kernel refuse a call, where its argument has that value, to what runs next."""
    class Comparison(ctypes.Structure):
        _fields_ = [('arg', ctypes.c_uint), ('op', ctypes.c_int), ('a', ctypes.c_uint64), ('b', ctypes.c_uint64)]

    seccomp = ctypes.CDLL('libseccomp.so.2')
    seccomp.seccomp_init.restype = ctypes.c_void_p
    allow, fail, equal = 0x7fff0000, 0x00050000 | errno.EPERM, 4  # SCMP_ACT_ALLOW, SCMP_ACT_ERRNO(), SCMP_CMP_EQ

    def install():
        context = ctypes.c_void_p(seccomp.seccomp_init(ctypes.c_uint32(allow)))
        compared = (Comparison * 1)(*([Comparison(argument[0], equal, argument[1], 0)] if argument else []))
        number = seccomp.seccomp_syscall_resolve_name(call.encode())
        if (seccomp.seccomp_rule_add_exact_array(context, ctypes.c_uint32(fail), number, len(argument) // 2, compared)
                or seccomp.seccomp_load(context)):
            os._exit(99)
    return install


class Verify(unittest.TestCase):
    def setUp(self):
        kept = tempfile.TemporaryDirectory()
        self.addCleanup(kept.cleanup)
        self.folder = kept.name
        self.journal = Journal()
        self.journal.start(LEAD, RECOVERY)
        self.journal.enrol(LEAD, MEMBER)
        self.journal.add(MEMBER, fields=[('text', b'one'), ('to', b'two')])
        self.name = self.write('a.cj1', self.journal.skeleton())

    def write(self, name, data):
        path = os.path.join(self.folder, name)
        with open(path, 'wb') as f:
            f.write(data)
        return path

    def run_it(self, *args, **more):
        return subprocess.run([VERIFY, *args], capture_output='stdout' not in more, stderr=None if 'stdout' not in more
                              else subprocess.PIPE, cwd=self.folder, timeout=60, **more)

    def says(self, status, *args, **more):
        done = self.run_it(*args, **more)
        self.assertEqual((done.returncode, done.stderr), (status, b''))
        return done.stdout.decode()

    def complains(self, sentence, *args, **more):
        done = self.run_it(*args, **more)
        self.assertEqual(done.returncode, UNCHECKED)
        self.assertIn(sentence, done.stderr.decode())
        self.assertEqual(done.stderr.count(b'\n'), 1)
        self.assertFalse(done.stdout)

    def test_help_and_version_need_no_journal(self):
        text = self.says(0, '--help')
        for option in ('--brief', '--json', '--openings', '--root', '--witness', '--tsa', '--note', '--token'):
            self.assertIn(option, text)
        self.assertRegex(self.says(0, '--version'), r'^calm-verify [0-9.]+ \(format cj/1\)\n$')
        self.assertEqual(self.says(0, '--version', 'none.cj1'), self.says(0, '--version'))

    def test_a_wrong_command_line_is_one_sentence(self):
        root = '3:' + page_groups(self.journal.root())
        mistyped = root[:-1] + ('0' if root[-1] != '0' else '1')
        for sentence, *args in (
                ('no journal is named',), ('--wrong is not an option', '--wrong', 'a.cj1'),
                ('nothing follows --root', '--root'), ('--root is given once, as SIZE:ROOT', '--root', '0:0', 'a.cj1'),
                ('group 8 of the root is not as printed', '--root', mistyped, 'a.cj1'),
                ('neither 64 digits of hex nor its eight groups', '--root', '3:x', 'a.cj1'),
                ("a witness's key is 64 digits", '--witness', 'X' * 64, 'a.cj1'),
                ('--openings is given once', '--openings', 'a', '--openings', 'b', 'a.cj1'),
                ('--openings goes with a single journal', '--openings', 'a', 'a.cj1', 'a.cj1'),
                ('--brief is given once', '--brief', '--brief', 'a.cj1'),
                ('--brief and --json do not go together', '--json', '--brief', 'a.cj1'),
                ('none.pem cannot be read: No such file', '--tsa', 'none.pem', 'a.cj1'),
                ('a.cj1 cannot be read: it holds no certificate in PEM', '--tsa', 'a.cj1', 'a.cj1'),
                ('-\\x1b[31m is not an option', '-\x1b[31m', 'a.cj1')):
            self.complains(sentence, *args)

    def test_a_person_reads_the_verdict_in_sentences(self):
        text = self.says(NOT_ANCHORED, 'a.cj1')
        self.assertTrue(text.startswith('a.cj1: valid, not anchored\n  Case %s\n  3 records: ' % self.journal.case))
        self.assertIn('Openings: 0 match, 2 withheld, 0 redacted.', text)
        groups = page_groups(self.journal.root(2)).split()
        for root in ('2:' + self.journal.root(2).hex(), ' 2 :\n%s \n\t%s\n' % (' '.join(groups[:4]), ' '.join(groups[4:])), '2: ' + ''.join(groups).upper()):
            text = self.says(VERIFIED, '--root', root, 'a.cj1')  # as it is printed, in two lines, and pasted
            self.assertEqual(subprocess.run([sys.executable, str(ROOT / 'tests/oracle/verify.py'), '--brief', '--root', root, 'a.cj1'],
                                            cwd=self.folder, capture_output=True, check=False).returncode, VERIFIED)
        self.assertIn('Anchored up to record 1 by the root', text)
        self.assertIn('The 1 record after that is valid', text)

    def test_a_program_reads_one_object_a_line(self):
        self.write('bad "\xff.cj1', b'x\n')
        self.write('a.cjo', self.journal.openings_file())
        good, bad = self.says(MALFORMED, '--json', 'a.cj1', 'bad "\xff.cj1').splitlines()
        good, bad = json.loads(good), json.loads(bad)
        self.assertEqual((good['status'], good['verdict'], good['case'], good['records'], good['anchored']),
                         (2, 'valid, not anchored', self.journal.case, 3, 0))
        self.assertEqual((good['openings'], good['anchors']), ({'matching': 0, 'withheld': 2, 'redacted': 0}, []))
        self.assertEqual((bad['file'], bad['status'], bad['finding']['rule'], bad['finding']['record']),
                         ('bad "\xff.cj1', 3, 'spelling', 0))
        opened = json.loads(self.says(NOT_ANCHORED, '--json', '--openings', 'a.cjo', 'a.cj1'))
        self.assertEqual(opened['openings'], {'matching': 2, 'withheld': 0, 'redacted': 0})

    def test_what_redactions_name_is_counted_once(self):
        target = self.journal.ids[-1]
        for names in (['text', 'text'], ['text']):
            request = self.journal.request(LEAD, target, names)
            self.journal.redact(LEAD, [self.journal.approve(k, request) for k in (LEAD, MEMBER)], target, names)
        self.write('b.cj1', self.journal.skeleton())
        self.write('b.cjo', (self.journal.openings[1] + '\n').encode())
        counts = json.loads(self.says(NOT_ANCHORED, '--json', '--openings', 'b.cjo', 'b.cj1'))
        self.assertEqual(counts['openings'], {'matching': 1, 'withheld': 0, 'redacted': 1})
        self.journal.revoke(RECOVERY, LEAD, 1)
        self.write('b.cj1', self.journal.skeleton())
        counts = json.loads(self.says(NOT_ANCHORED, '--json', '--openings', 'b.cjo', 'b.cj1'))
        self.assertEqual(counts['openings'], {'matching': 1, 'withheld': 1, 'redacted': 0})
        self.assertGreater(counts['untrusted'], 0)

    def test_eight_remarks_are_enough(self):
        self.write('x.tsr', b'0')
        verdict = json.loads(self.says(NOT_ANCHORED, '--json', *['--token', 'x.tsr'] * 10, 'a.cj1'))
        self.assertEqual(len(verdict['notes']), 8)

    def test_the_folder_of_a_case_is_told_what_to_name(self):
        text = self.says(UNCHECKED, self.folder)
        self.assertIn('name its journal/journal.cj1', ' '.join(text.split()))

    def test_a_verdict_that_cannot_be_written_is_none(self):
        with open('/dev/full', 'wb') as full:
            done = self.run_it('a.cj1', stdout=full)
        self.assertEqual(done.returncode, UNCHECKED)
        self.assertIn(b'the verdict could not be written', done.stderr)

    @unittest.skipIf(SANITIZED, 'a sanitizer makes calls of its own, and its builds do not shut themselves in')
    def test_where_it_cannot_shut_itself_in_it_reads_nothing(self):
        set_seccomp = 22  # PR_SET_SECCOMP
        self.complains('does not let the program shut itself in', 'a.cj1', preexec_fn=refuse('prctl', 0, set_seccomp))

    def test_where_it_may_not_count_processors_it_takes_one(self):
        self.assertEqual(self.says(NOT_ANCHORED, '--brief', 'a.cj1', preexec_fn=refuse('sched_getaffinity')),
                         '2 a.cj1\n')


if __name__ == '__main__':
    main()
