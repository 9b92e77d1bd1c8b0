"""Playbooks on the command line: shown without a case, loaded when they can be followed, worked through step by step."""
import copy
import hashlib
import json

from harness import DATA, ROOT, CaseTest, Person, main

PLAYBOOKS = sorted(p.stem for p in (ROOT / "data" / "playbooks").glob("*.json"))
OWN = {
    "type": "playbook",
    "spec_version": "cacao-2.0",
    "id": "playbook--61a6c41e-6efc-4516-a242-dfbc5c89d562",
    "name": "Our mail server",
    "workflow_start": "start--1",
    "workflow": {
        "start--1": {"type": "start", "on_completion": "action--1"},
        "action--1": {"type": "action", "name": "stop: the queue", "on_completion": "action--2",
                      "commands": [{"type": "manual", "description": "Linux; changes; undo: postqueue -f", "command": "postfix stop"}]},
        "action--2": {"type": "action", "name": "Ask the provider", "on_completion": "end--1"},
        "end--1": {"type": "end"},
    },
}


class Playbooks(CaseTest):
    def write(self, name, document):
        path = self.folder / name
        path.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
        return path

    def records(self):
        return self.ana.json("status")["records"]

    def blobs(self):
        return sorted(p.name for p in (self.case / "evidence").rglob("*") if p.is_file())

    def test_without_a_case_all_that_ship_are_listed_and_shown(self):
        eva = Person("eva", self.folder, None)
        documents = {name: json.loads((ROOT / "data" / "playbooks" / f"{name}.json").read_text()) for name in PLAYBOOKS}
        self.assertEqual([(p["name"], p["title"]) for p in eva.json("playbook list")], [(name, d["name"]) for name, d in documents.items()])
        for name, document in documents.items():
            shown = eva.json(f"playbook show {name}")
            self.assertEqual(shown["id"], document["id"])
            actions = [s for s in document["workflow"].values() if s["type"] == "action"]
            self.assertEqual(len(shown["steps"]), len(actions))
            # The order is the one of the document's own arrows.
            at, order = document["workflow_start"], []
            while document["workflow"][at]["type"] != "end":
                at = document["workflow"][at]["on_completion"]
                order.append(at)
            self.assertEqual([s["id"] for s in shown["steps"]], order[:-1])
        text = eva("playbook show ransomware")
        self.assertLessEqual(max(len(line) for line in text.splitlines()), 80)
        self.assertIn("changes  switch", text)

    def test_an_unknown_name_says_what_there_is(self):
        status, said = self.ana.fails("playbook show rансом")
        self.assertEqual(status, 3)
        self.assertIn("ransomware", said)

    def test_a_refused_document_leaves_nothing_behind(self):
        loop = copy.deepcopy(OWN)
        loop["workflow"]["action--2"]["on_completion"] = "action--1"
        dangling = copy.deepcopy(OWN)
        dangling["workflow"]["action--2"]["on_completion"] = "end--9"
        cases = {"loop.json": (loop, 7, "a loop"), "dangling.json": (dangling, 7, "end--9, which is not there"),
                 "text.json": ("not json", 7, "not JSON"), "deep.json": ("[" * 100000, 10, "levels"),
                 "twice.json": ('{"type":"playbook","type":"playbook"}', 7, "duplicate"), "empty.json": ("", 7, "not JSON")}
        size, blobs = self.records(), self.blobs()
        for name, (document, status, words) in cases.items():
            with self.subTest(name):
                got, said = self.ana.fails(f"playbook load {self.write(name, document)}")
                self.assertEqual(got, status, said)
                self.assertIn(words, said)
        self.assertEqual((size, blobs), (self.records(), self.blobs()))

    def test_what_is_no_file_is_refused(self):
        self.assertEqual(self.ana.fails("playbook load /nonexistent.json")[0], 3)
        self.assertEqual(self.ana.fails(f"playbook load {self.folder}")[0], 2)

    def test_ones_own_is_kept_as_evidence_and_shown_like_the_others(self):
        path = self.write("Our Mail.json", OWN)
        self.ana("playbook load", str(path))
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        item = self.ana.json("preserve list")[-1]
        self.assertEqual(item["sha256"], digest)
        self.assertEqual(int(item["size"]), path.stat().st_size)
        self.assertIn(digest, "".join(self.blobs()))
        path.unlink()
        shown = self.ana.json("playbook show our-mail")
        self.assertEqual((shown["source"], shown["sha256"]), ("own", digest))
        self.assertEqual([s["title"] for s in shown["steps"]], ["the queue", "Ask the provider"])
        self.assertEqual(shown["steps"][0]["commands"], [{"platform": "Linux", "effect": "changes", "note": "undo: postqueue -f", "command": "postfix stop"}])
        self.assertIn({"name": "our-mail", "title": "Our mail server", "source": "own", "state": ""}, self.ana.json("playbook list"))

    def test_a_shipped_name_is_not_taken_over(self):
        path = self.write("ransomware.json", OWN)
        status, said = self.ana.fails(f"playbook load {path}")
        self.assertEqual(status, 2)
        self.assertIn("--name", said)
        self.ana(f"playbook load {path} --name ours")
        self.assertEqual(self.ana.json("playbook show ransomware")["source"], "shipped")

    def test_altered_bytes_are_not_shown(self):
        self.ana(f"playbook load {self.write('ours.json', OWN)}")
        for blob in (self.case / "evidence").rglob("*"):
            if blob.is_file():
                blob.chmod(0o600)
                blob.write_bytes(blob.read_bytes().replace(b"postfix stop", b"rm -rf /sto"))
        self.assertEqual(self.ana.fails("playbook show ours")[0], 8)

    def test_a_document_that_was_sealed_is_not_shown(self):
        self.ana(f"playbook load {self.write('ours.json', OWN)}")
        self.ana('preserve unlawful "a page" --evidence e1')
        self.assertEqual(self.ana.fails("playbook show ours")[0], 4)
        self.assertEqual(self.ana.fails(f"playbook load {self.write('again.json', OWN)}")[0], 4)

    def test_a_label_in_the_document_is_kept(self):
        marked = copy.deepcopy(OWN)
        marked["data_marking_definitions"] = {"marking-tlp--1": {"type": "marking-tlp", "tlpv2_level": "TLP:RED"}}
        self.ana(f"playbook load {self.write('ours.json', marked)}")
        self.assertEqual(self.ana.json("preserve list")[-1]["tlp"], "red")
        eva = self.join("eva", roles="--role expert")
        self.assertNotIn("ours", [p["name"] for p in eva.json("playbook list")])

    def test_a_team_works_through_a_playbook(self):
        ana = self.ana
        bo = self.join("bo")
        self.assertIn("No playbook is in use", ana("playbook next"))
        self.assertEqual(ana.fails("playbook done 1")[0], 2)
        ana("playbook use ransomware")
        self.assertEqual(ana.fails("playbook use ransomware")[0], 2)
        steps = ana.json("playbook show")["steps"]
        self.assertEqual(bo.json("playbook next")[0]["steps"][0]["id"], steps[0]["id"])
        bo('playbook done 1 "ana leads, bo writes" --at "10 min ago"')
        ana('playbook skip 2 "nothing changes any more" --not-applicable')
        ana('playbook skip 3 "not needed"')
        self.assertEqual([s["state"] for s in ana.json("playbook show")["steps"][:4]], ["done", "not-applicable", "skipped", "open"])
        self.assertEqual(bo.json("playbook next")[0]["steps"][0]["number"], 4)
        ana('playbook done 3 "done after all"')
        self.assertEqual(ana.json("playbook show")["steps"][2]["state"], "done")
        text = ana("playbook")
        self.assertIn("calm playbook done 4", text)
        status, said = ana.fails("playbook done 99")
        self.assertEqual(status, 2)
        self.assertIn(f"1 to {len(steps)}", said)
        self.assertEqual(ana.fails("playbook skip 4")[0], 2)  # a reason is needed

    def test_with_two_in_use_a_step_names_its_playbook(self):
        self.ana("playbook use ransomware")
        self.ana("playbook use hardware-fault")
        status, said = self.ana.fails("playbook done 1")
        self.assertEqual(status, 2)
        self.assertIn("--playbook", said)
        self.ana("playbook done 1 --playbook hardware-fault")
        self.assertEqual({p["playbook"]: p["steps"][0]["number"] for p in self.ana.json("playbook next")}, {"ransomware": 1, "hardware-fault": 2})
        self.ana('playbook leave ransomware "it is a disk"')
        self.ana("playbook done 2")
        self.assertEqual([p["playbook"] for p in self.ana.json("playbook next")], ["hardware-fault"])

    def test_an_observer_reads_and_does_not_write(self):
        eva = self.join("eva", roles="--role observer")
        self.assertEqual(eva.fails("playbook use ransomware")[0], 4)
        self.assertEqual(eva.fails(f"playbook load {self.write('ours.json', OWN)}")[0], 4)
        self.assertEqual(len(eva.json("playbook list")), len(PLAYBOOKS))

    def test_the_examples_of_others_are_taken(self):
        folder = DATA / "cacao"
        if not folder.is_dir():
            self.skipTest("the shared test data are not here")
        for name in ("oasis/basic-example-1", "oasis/spec-3.1-example", "soarca/playbook", "soarca/ssh-playbook"):
            self.ana(f"playbook load {folder / name}.json --name {name.split('/')[1]}")
            self.assertLessEqual(max(len(line) for line in self.ana(f"playbook show {name.split('/')[1]}").splitlines()), 80)
        self.assertNotIn("super-secure-password", self.ana("playbook show playbook"))
        status, said = self.ana.fails(f"playbook load {folder / 'soarca/invalid_playbook.json'}")
        self.assertEqual(status, 7)
        self.assertIn("http-api", said)


class Unlawful(CaseTest):
    def test_what_is_found_is_recorded_sealed_and_the_steps_are_shown(self):
        said = self.ana('preserve unlawful "a folder of pictures" --where "laptop 0815" --seen-by bo --locked "safe" --key-holder ana')
        for words in ("Take your hands off the keyboard", "Don't search, open, copy, hash", "Call counsel, then the police"):
            self.assertIn(words, said)
        item = self.ana.json("preserve list")[0]
        self.assertEqual((item["unlawful"], item["sort"], item["place"], item["holder"], item["tlp"]), ("yes", "device", "safe", "ana", "red"))

    def test_one_sentence_is_enough(self):
        self.ana('preserve unlawful "pictures"')

    def test_an_item_on_the_register_is_sealed_and_so_are_its_twins(self):
        path = self.folder / "p.json"
        path.write_text(json.dumps(OWN))
        self.ana(f"playbook load {path} --name one")
        self.ana(f"playbook load {path} --name two")
        self.ana('preserve item "drive 3"')
        self.ana('preserve unlawful "a page" --evidence e1')
        self.assertEqual([i.get("unlawful") for i in self.ana.json("preserve list")], ["yes", "yes", None])
        self.ana("preserve unlawful e3")  # a call alone is that item, and no device of that name
        self.assertEqual([i.get("unlawful") for i in self.ana.json("preserve list")], ["yes", "yes", "yes"])

    def test_only_those_are_told_who_must_know(self):
        self.ana('preserve unlawful "pictures" --where "laptop 0815"')
        expert = self.join("eva", roles="--role expert")
        self.assertEqual(expert.json("preserve list"), [])
        self.assertNotIn("laptop", expert("log"))


if __name__ == "__main__":
    main()
