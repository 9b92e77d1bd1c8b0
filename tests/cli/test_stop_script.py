"""test_stop_script.py: a plan as scripts for what calm-contain does not run on. What the texts do: test_devices_linux.py, test_devices_others.py."""
import re
import subprocess

import harness


class StopScript(harness.CaseTest):
    def setUp(self):
        super().setUp()
        self.ana("assess system win1")

    def plan(self, line):
        """Plans it for win1; the beginning of the plan's id, which everything that a script makes is called by."""
        self.ana(f"stop {line} --system win1 --script")
        path = self.folder / "plan"
        path.unlink(missing_ok=True)
        number = len(self.ana.json("preserve list"))
        self.ana(f"preserve get e{number} {path} --to ana --because test")
        return re.search(r"\nid ([0-9a-f]{8})", path.read_text()).group(1)

    def test_where_the_device_stands_is_in_its_texts(self):
        tag = self.plan("isolate --allow 10.1.0.7:22")
        texts = self.ana.json("stop script a1 --for ios --host-address 10.1.0.11 --interface GigabitEthernet1/0/14 --bound-in4 EDGE")
        self.assertEqual((texts["action"], texts["device"]), (1, "ios"))
        self.assertIn("10.1.0.11", texts["apply"])
        self.assertIn("EDGE", texts["apply"])
        self.assertIn("reload in", texts["apply"])  # devices.md section 3: what brings the old state back there
        self.assertIn("reload cancel", texts["confirm"])
        self.assertTrue(texts["lacks"])
        other = self.ana.json("stop script a1 --for ios --host-address 10.1.0.11 --interface GigabitEthernet1/0/14")
        self.assertNotIn("EDGE", other["apply"])
        self.assertIn(f"interface GigabitEthernet1/0/14\n", other["apply"])
        self.assertIn(f"calm-{tag}-", other["apply"])

    def test_one_text_is_printed_as_it_is_to_be_run(self):
        tag = self.plan("block 203.0.113.9")
        for part in ("apply", "check", "confirm", "undo"):
            text = self.ana(f"stop script a1 --for nftables --itself --part {part}")
            self.assertTrue(text.startswith("#!/bin/sh\n"), text)
            self.assertIn(tag, text)
            self.assertEqual(subprocess.run(["sh", "-n"], input=text, text=True, check=False).returncode, 0)

    def test_no_text_of_any_device_is_wrapped_or_altered_on_a_terminal(self):
        """What is pasted from an 80-column terminal is what a file would hold; no text has a control byte, which a terminal would be shown otherwise."""
        names = re.findall(r"^DEVICE\(device_(\w+)\)", (harness.ROOT / "src" / "contain" / "devices.def").read_text(), re.M)
        self.assertGreaterEqual(len(names), 8)
        self.ana('stop isolate --allow 10.1.0.7:22 --allow 2001:db8:1:2:3:4:5:7,tcp,22,in --for-time "8 h" --system win1 --script')
        self.ana("stop block 203.0.113.9 2001:db8:1:2:3:4:5:6 --system win1 --script")
        before = {"ios": "--host-address 10.1.0.11 --interface GigabitEthernet1/0/14", "junos": "--host-address 10.1.0.11 --interface ge-0/0/1"}
        for name in names:
            for action in ("a1", "a2"):
                with self.subTest(name, action=action):
                    line = f"stop script {action} --for {name} {before.get(name, '--itself')}"
                    plain = self.ana(line)
                    self.assertGreater(max(map(len, plain.splitlines())), 80)
                    self.assertEqual(re.findall(r"[\x00-\x09\x0b-\x1f\x7f]", plain), [])
                    # RouterOS counts the seconds that are left, and one may pass between the two.
                    shown, printed = (re.sub(r"(?<==)28[67]\d\ds(?= policy)", "LEFT", text) for text in (self.on_terminal(line), plain))
                    self.assertEqual(shown, printed)
                    self.assertEqual(self.on_terminal(line + " --part undo"), self.ana(line + " --part undo"))

    def on_terminal(self, line):
        """What a terminal of 80 columns is sent; its driver writes a carriage return before each line's end."""
        command = f"stty cols 80 rows 24; exec {harness.CALM} --case {self.case} {line}"
        done = subprocess.run(["script", "-qec", command, "/dev/null"], stdin=subprocess.DEVNULL, capture_output=True, cwd=self.folder,
                              env={**self.ana.env, "TERM": "xterm", "SHELL": "/bin/sh"}, timeout=120, check=True)
        return done.stdout.decode().replace("\r\n", "\n")

    def test_without_a_timer_nothing_is_confirmed(self):
        self.ana("stop log-out mallory --accept-no-undo --system win1 --script")
        self.assertEqual(self.ana.fails("stop script a1 --for windows --itself --part confirm")[0], 3)
        self.assertEqual(self.ana.json("stop script a1 --for windows --itself")["confirm"], "")

    def test_texts_that_are_kept_are_evidence(self):
        self.plan("block 203.0.113.9")
        printed = self.ana("stop script a1 --for pf --itself --keep")
        item = self.ana.json("preserve list")[-1]
        self.assertTrue(item["title"].startswith("script for pf: a1 block 203.0.113.9"), item)
        path = self.folder / "kept"
        self.ana(f"preserve get e{len(self.ana.json('preserve list'))} {path} --to ana --because test")
        self.assertEqual(path.read_text(), printed)
        self.assertEqual(self.ana.json("stop list")[0]["state"], "planned")

    def test_what_a_device_cannot_is_refused_with_those_that_can(self):
        self.plan("lock mallory")
        status, said = self.ana.fails("stop script a1 --for ios --itself")
        self.assertEqual(status, 2)
        self.assertIn("windows", said)
        status, said = self.ana.fails("stop script a1 --for netware --itself")
        self.assertEqual(status, 2)
        for name in ("nftables", "iptables", "pf", "ios", "junos", "routeros", "windows", "openc2"):
            self.assertIn(name, said)

    def test_a_plan_for_a_script_needs_its_system_and_no_host(self):
        self.assertEqual(self.ana.fails("stop block 203.0.113.9 --script")[0], 2)
        self.assertEqual(self.ana.fails("stop block 203.0.113.9 --system win1 --script --ssh root@win1")[0], 2)
        self.assertEqual(self.ana.fails("stop freeze 1 --system win1 --script")[0], 2)
        self.assertEqual(self.ana.json("stop list"), [])


if __name__ == "__main__":
    harness.main()
