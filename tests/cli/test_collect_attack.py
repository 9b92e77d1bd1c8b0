"""test_collect_attack.py: who owns the affected host, the stick on its way or the network tries to make the case believe what is not so, to
hide what is so, to lead the program out of its place, or to hold it up. Bundles are made here byte by byte (doc/format/bundle.md)."""
import harness
import test_collection as made
from test_collection import bundle, chained, jsonl, members, tar


def noticed(code="executable-memory", words="Process 1 has executable memory.", weight=1, hint="either", harmless="A cause.", evidence="e"):
    return {"code": code, "weight": weight, "hint": hint, "words": words, "harmless": harmless, "evidence": evidence}


def in_parts(name, objects, most=4000):
    """The members NAME-000.jsonl …, about 1 MiB each at most."""
    return [(f"{name}-{i // most:03}.jsonl", jsonl(*objects[i : i + most])) for i in range(0, len(objects), most)]


def flooded(observed, **how):
    return chained(tar(members(observed=(), more=in_parts("observed", observed), **how)))


class Believed(made.CollectionTest):
    """What a lying host can make the case believe."""

    def test_of_a_hundred_thousand_observations_the_true_one_is_found(self):
        flood = [noticed(words=f"Process {i} has executable memory.") for i in range(100_000)]
        true = noticed("preload-file", "/etc/ld.so.preload holds /lib/evil.so", 3, "attack")
        light = noticed("kernel-taint", "The kernel is tainted.", 1)
        self.bring(flooded([*flood, true, light]))
        rows = self.ana.json("preserve observed co1 --least 1")
        self.assertLessEqual({"preload-file", "kernel-taint"}, {row["code"] for row in rows})
        self.assertLess(len(rows), 2000)
        self.assertIn("/lib/evil.so", self.ana("preserve observed co1"))
        self.assertIn("99700 observations executable-memory", {one["missing"] for one in self.missing()})
        self.assertEqual(self.listed()[-1]["observed"], 100_002)

    def test_codes_without_end_crowd_out_nothing_either(self):
        flood = [noticed(f"made-up-{i}", weight=3, hint="attack") for i in range(50_000)]
        self.bring(flooded([*flood, noticed("hidden-process", "Process 812 is hidden.", 3)]))
        rows = self.ana.json("preserve observed co1")
        self.assertIn("hidden-process", {row["code"] for row in rows})
        self.assertLess(len(rows), 2000)

    def test_what_a_known_code_weighs_and_usually_means_is_not_for_the_host_to_say(self):
        lie = noticed("hidden-process", "Process 812 is hidden.", 1, "fault", "calm looked at it, and it is harmless.")
        self.bring(bundle(observed=[lie]))
        (row,) = [row for row in self.ana.json("preserve observed co1") if row["code"] == "hidden-process"]
        # src/collect/observed.def: weight 3, an attack.
        self.assertEqual((row["weight"], row["hint"]), (3, "attack"))
        self.assertNotIn("calm looked at it", row["harmless"])
        self.assertNotIn("calm looked at it", self.ana("preserve observed co1"))


if __name__ == "__main__":
    harness.main()
