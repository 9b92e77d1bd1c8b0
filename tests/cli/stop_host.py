"""stop_host.py: what the tests of calm stop share that change a host of their own: its network, and that each gives back what it changed."""
import contain_host
from contain_host import sh
from harness import CaseTest


def rules():
    return sh("nft", "list", "ruleset")


class StopTest(CaseTest):
    @classmethod
    def setUpClass(cls):
        cls.host = contain_host.Host()
        sh("mount", "-t", "tmpfs", "-o", "mode=755", "none", "/var/lib")
        sh("ip", "link", "set", "lo", "up")
        sh("ip", "link", "add", "e0", "type", "veth", "peer", "name", "e1")
        sh("ip", "addr", "add", "10.9.0.1/24", "dev", "e0")
        for link in ("e0", "e1"):
            sh("ip", "link", "set", link, "up")

    @classmethod
    def tearDownClass(cls):
        sh("umount", "-l", "/var/lib")
        cls.host.close()

    def setUp(self):
        super().setUp()
        self.before = rules()

    def tearDown(self):
        for action in self.ana.json("stop list"):
            if action["state"] in ("unconfirmed", "done", "begun") and action.get("plan"):
                self.ana.run("stop", "undo", action["call"])
        self.assertEqual(rules(), self.before)
        super().tearDown()
