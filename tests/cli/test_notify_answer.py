"""test_notify_answer.py: only the one-time word shows that a message reached its reader; anything else stands as what somebody says."""
import re

from harness import AHEAD, CaseTest, main


class Answer(CaseTest):
    def setUp(self):
        super().setUp()
        self.ana('team add "Eva Brandt" --mobile "0171 000000"')
        self.ana('notify role cio "Eva Brandt"')
        self.ana(f'notify write "Eva Brandt" first-alarm --set contact=0171-222222 --set next_update={AHEAD}')

    def message(self, n=1):
        return self.ana.json("notify list")[n - 1]

    def word(self, n=1):
        return self.message(n)["word"]

    def said(self, line):
        return " ".join(self.ana(line).split())

    def refused(self, line, status, *words):
        got, said = self.ana.fails(line)
        said = " ".join(said.split())
        self.assertEqual(got, status, said)
        for w in words:
            self.assertIn(w, said)

    def report(self):
        self.ana(f"report draft --file {self.folder}/report --tlp red")
        return " ".join(re.sub("<[^>]*>", "", (self.folder / "report" / "REPORT.html").read_text()).split())

    def test_nothing_but_the_word_acknowledges_a_message_that_has_one(self):
        self.ana("notify sent m1")
        word = self.word()
        for wrong in ("WRONG", "32C7S1", "agrees", word[:5], word + "2", word[::-1] if word[::-1] != word else "222A22", "0" + word[1:], "it is " + word):
            self.refused(f'notify acknowledged m1 "{wrong}"', 4, "that is not the word of m1", "none is 0, 1, I or O", "--in-other-words")
        self.refused("notify acknowledged m1", 2, "m1 has a one-time word", "--in-other-words")
        self.assertEqual(self.message()["state"], "sent")
        self.assertIn("cio: Eva Brandt told, no answer yet", self.ana("notify"))
        self.assertIn("m1 is acknowledged by Eva Brandt (word).", self.ana(f'notify acknowledged m1 "{word[:2].lower()} {word[2:4].lower()}-{word[4:]}"'))
        now = self.message()
        self.assertEqual((now["state"], now["by-word"]), ("acknowledged", "yes"))
        self.assertNotIn("answer", now)
        self.assertIn("cio: Eva Brandt told, acknowledged (word)", self.said("notify"))
        self.assertIn("acknowledged by Eva Brandt (word)", self.said("notify list"))
        report = self.report()
        self.assertIn("acknowledged by Eva Brandt (word)", report)
        self.assertRegex(report, "Message .{,400}acknowledged by its recipient with its one-time word")
        self.refused('notify failed m1 "no"', 5, "m1 is acknowledged with its word")

    def test_other_words_stand_as_what_somebody_says(self):
        self.ana("notify sent m1")
        self.assertIn("m1 is acknowledged by Eva Brandt (as you say, without the word).", self.ana('notify acknowledged m1 --in-other-words "agrees: off until noon"'))
        now = self.message()
        self.assertEqual((now["state"], now["answer"]), ("acknowledged", "agrees: off until noon"))
        self.assertNotIn("by-word", now)
        claim = "acknowledged by Eva Brandt, as ana wrote it down, without the word"
        self.assertIn("cio: Eva Brandt told, acknowledged as ana says", self.said("notify"))
        self.assertIn(claim, self.said("notify list"))
        report = self.report()
        self.assertRegex(report, "Message .{,400}acknowledged by its recipient, as was written down: agrees: off until noon")
        self.assertNotIn("(word)", report)
        self.ana(f"notify acknowledged m1 {self.word()}")  # the word may follow
        self.assertEqual((self.message()["by-word"], self.message()["answer"]), ("yes", "agrees: off until noon"))

    def test_a_message_without_a_word_is_acknowledged_by_what_came_back_and_that_is_a_claim(self):
        self.ana('notify draft "Eva Brandt" "The shop is off."')
        self.ana("notify sent m2")
        self.assertIn("m2 is acknowledged by Eva Brandt (as you say).", self.ana('notify acknowledged m2 "agrees"'))
        self.assertEqual(self.message(2)["answer"], "agrees")
        self.assertIn("acknowledged by Eva Brandt, as ana wrote it down ·", self.said("notify list"))

    def test_what_nobody_has_cannot_be_acknowledged(self):
        word = self.word()
        self.refused(f"notify acknowledged m1 {word}", 5, "m1 is a draft, which went to nobody yet, so nobody can have answered it", "--called")
        self.refused('notify acknowledged m1 --in-other-words "yes"', 5, "m1 is a draft")
        self.ana("notify send m1")  # no channel: the telephone
        self.assertEqual(self.message()["state"], "phone")
        self.refused(f"notify acknowledged m1 {word}", 5, "m1 is to be phoned, and was not yet")
        self.ana("notify channel phone")
        self.ana("notify sent m1 --channel phone")
        self.ana(f"notify acknowledged m1 {word}")
        self.assertEqual(self.message()["by-word"], "yes")
        self.refused("notify sent m1", 5, "m1 is acknowledged with its word")

    def test_a_call_is_noted_with_its_answer_at_once(self):
        self.ana("notify send m1")
        self.refused("notify acknowledged m1 WRONG2 --called", 4, "that is not the word of m1")
        self.assertEqual(self.message()["state"], "phone")
        self.ana(f"notify acknowledged m1 {self.word()} --called --in-other-words 'will decide at noon'")
        now = self.message()
        self.assertEqual((now["state"], now["by-word"], now["answer"]), ("acknowledged", "yes", "will decide at noon"))
        self.assertRegex(now["sent-at"], r"^\d{4}-\d\d-\d\dT")

    def test_the_list_shows_neither_texts_nor_words(self):
        said = self.ana("notify list")
        self.assertNotIn(self.word(), said)
        self.assertNotIn("What we ask of you", said)
        self.assertIn("Eva Brandt: first-alarm", said)
        self.assertIn("a draft, not sent", said)
        self.assertIn(self.word(), self.ana("notify preview m1"))

    def test_what_did_not_arrive_and_what_was_sent_already_say_so(self):
        self.ana("notify sent m1")
        self.refused("notify sent m1", 5, "m1 is sent already")
        self.ana('notify failed m1 "has nothing"')
        self.assertTrue(re.search(r"did not reach them", self.ana("notify list")))
        self.ana("notify sent m1")
        self.assertEqual(self.message()["state"], "sent")


if __name__ == "__main__":
    main()
