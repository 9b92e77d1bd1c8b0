/* package_told.c: checks an opened package's journal and evidence, and says what came out. */
#include "practice/package_told.h"
#include <sys/stat.h>
#include <unistd.h>
#include "base/sink.h"
#include "evidence/package_read.h"
#include "journal/note.h"
#include "practice/import.h"
#include "practice/package_forms.h"
#include "practice/verify.h"
#include "sys/file.h"

#define JOURNAL "journal/journal.cj1"
#define OPENINGS "journal/journal.cjo"
enum { SAME_SHOWN = 40, WITHOUT_SHOWN = 20, WRONG_SHOWN = 100, TITLE_COLUMNS = 60 };

void package_check_release(struct package_check *c)
{
    buf_release(&c->root_given);
    buf_release(&c->words);
    package_held_release(&c->held);
}

int package_check_root(struct package_check *c, struct str root, struct err *e)
{
    struct str groups = root;
    uint8_t bytes[32];

    if (!root.len)
        return 0;
    if (!memchr(root.p, ':', root.len) ||
        !str_u64(str_trim(str_cut(&groups, ':')), &c->root_size) || !c->root_size)
        return err_set(e, ERR_USAGE, "--root is SIZE:GROUPS: the number of records, and the root");
    buf_addstr(&c->root_given, root);
    return groups_read(bytes, groups, e);
}

/* With the files' names in place of where calm-verify found them. */
static void add_words(struct buf *out, struct str words, const struct buf *paths)
{
    static const char *const names[] = {JOURNAL, OPENINGS};

    while (words.len) {
        size_t taken = 0;

        for (size_t i = 0; i < COUNT_OF(names) && !taken; i++)
            if (str_starts(words, buf_text(&paths[i]))) {
                buf_adds(out, names[i]);
                taken = paths[i].len;
            }
        if (!taken)
            buf_addc(out, words.p[0]);
        words = str_from(words, taken ? taken : 1);
    }
}

/* Without a root that was told another way calm-verify gets the one that the worker says, so that
 * what is shown is the file's. */
static void add_root(const struct package_check *c, struct buf *root)
{
    if (c->root_given.len) {
        buf_addstr(root, buf_str(&c->root_given));
    } else if (c->held.has_root && c->held.records) {
        buf_add_u64(root, c->held.records);
        buf_addc(root, ':');
        hex_add(root, c->held.root.b, sizeof(c->held.root.b));
    }
}

static void verify(struct package_check *c, const int ins[HOLD_INPUT_COUNT])
{
    CLEANUP_BUF struct buf root = {0};
    CLEANUP_BUF struct buf journal = {0};
    CLEANUP_BUF struct buf openings = {0};
    CLEANUP_BUF struct buf words = {0};
    const char *more[5] = {"--openings"};

    /* The files that are compared, whatever their names come to mean. */
    buf_addf(&journal, "/proc/%d/fd/%d", (int)getpid(), ins[HOLD_JOURNAL]);
    buf_addf(&openings, "/proc/%d/fd/%d", (int)getpid(), ins[HOLD_OPENINGS]);
    more[1] = buf_text(&openings);
    add_root(c, &root);
    if (root.len) {
        more[2] = "--root";
        more[3] = buf_text(&root);
    }
    if (verify_file(buf_text(&journal), more, &c->verdict, &words, &c->why_unchecked))
        return;
    add_words(&c->words, buf_str(&words), (struct buf[]){journal, openings});
    c->has_verdict = true;
    if (c->verdict == VERDICT_VERIFIED && !c->root_given.len)
        c->verdict = VERDICT_NOT_ANCHORED;
}

/* The forms one behind the other, as the worker takes them. What is too large is not compared. */
static int gather_forms(const struct beneath *folder, struct str names, int *out, struct err *e)
{
    CLEANUP_FD int all = -1;
    uint64_t total = 0;
    int rc = import_memory(&all, STR(""), e);

    while (rc == 0 && names.len) {
        CLEANUP_BUF struct buf name = {0};
        CLEANUP_BUF struct buf form = {0};
        CLEANUP_FD int fd = -1;
        struct stat st;

        buf_addstr(&name, str_cut(&names, '\n'));
        rc = beneath_open(folder, buf_text(&name), &fd, e);
        if (rc)
            return rc;
        if (fstat(fd, &st) != 0 || st.st_size > FORM_SIZE_MAX || name.len > FORM_HEAD_MAX / 2 ||
            total + (uint64_t)st.st_size > FORMS_SIZE_MAX)
            continue;
        total += (uint64_t)st.st_size;
        buf_addf(&form, STR_FMT " %llu\n", STR_ARG(buf_str(&name)), (unsigned long long)st.st_size);
        if (pread(fd, buf_room(&form, (size_t)st.st_size), (size_t)st.st_size, 0) != st.st_size)
            return err_errno(e, "cannot read %s", buf_text(&name));
        form.len += (size_t)st.st_size;
        rc = file_write_fd(all, form.p, form.len, "the forms in memory", e);
    }
    if (rc)
        return rc;
    *out = all;
    all = -1;
    return 0;
}

void package_check_run(struct package_check *c, const struct beneath *folder, struct str forms)
{
    static const char *const names[HOLD_FORMS] = {JOURNAL, OPENINGS, PACKAGE_SUMS};
    int ins[HOLD_INPUT_COUNT];
    size_t opened = 0;

    for (size_t i = 0; i < forms.len; i++)
        c->forms += forms.p[i] == '\n';
    while (opened < HOLD_FORMS &&
           beneath_open(folder, names[opened], &ins[opened], &c->why_unchecked) == 0)
        opened++;
    if (opened < HOLD_FORMS && c->why_unchecked.code == ERR_NOTFOUND)
        c->lacks = names[opened];
    else if (opened < HOLD_FORMS ||
             gather_forms(folder, forms, &ins[HOLD_FORMS], &c->why_unchecked))
        c->why_not_held = c->why_unchecked;
    else
        opened = HOLD_INPUT_COUNT;
    if (opened == HOLD_INPUT_COUNT) {
        if (package_hold(ins, &c->held, &c->why_not_held) == 0)
            c->why_not_held.code = 0;
        verify(c, ins);
    }
    while (opened > 0)
        fd_close(ins[--opened]);
}

static void add_name(struct buf *out, const struct hold_told *t)
{
    if (t->record.len)
        buf_addf(out, "r" STR_FMT, STR_ARG(t->record));
    if (t->record.len && t->title.len)
        buf_addc(out, ' ');
    sink_terminal(out, utf8_head_columns(t->title, TITLE_COLUMNS), false);
}

static void say_more(struct buf *out, const struct hold_list *l, size_t shown)
{
    if (l->total > shown)
        buf_addf(out, "  and %llu more\n", (unsigned long long)(l->total - shown));
}

static size_t shown_of(const struct hold_list *l, size_t most)
{
    return l->count < most ? l->count : most;
}

static const struct {
    const char *name;  /* for programs */
    const char *words; /* behind the path, or the item where there is none */
} wrongs[HOLD_WRONG_COUNT_] = {
    [HOLD_CHANGED] = {"changed", "its SHA-256 is another than on record"},
    [HOLD_UNRECORDED] = {"unrecorded", "is on no record"},
    [HOLD_MISSING] = {"missing", "is on record, and not there"},
    [HOLD_NO_ITEM] = {"no-item", "belongs to no item on record"},
    [HOLD_NO_FILES] = {"no-files", "has bytes on record, and none in the package"},
    [HOLD_WITHHELD] = {"withheld", "what is on record of its bytes is not all told"},
    [HOLD_UNREADABLE] = {"unreadable", "what is on record of its files cannot be read"},
    [HOLD_NO_EXPORT] = {"no-export", "no export on record is of exactly these items: one may have "
                                     "been left out, with all that is on record of it"},
    [HOLD_UNTOLD] = {"untold", "what this record says of it, or a part of that, was left out"},
    [HOLD_FOREIGN] = {"foreign", "is nothing that the sender's program puts into a package"},
    [HOLD_MORE_FORMS] = {"more-forms", "has forms of more items than are on record here"},
    [HOLD_NO_FORM] = {"no-form", "a form of custody that belongs to an item is not there"},
    [HOLD_FORM] = {"form", "this form says otherwise than the record of it"},
    [HOLD_FORM_OTHER] = {"form-other", "this form is not as calm writes it, so it may show "
                                       "anything: go by the rows that stand below"},
    [HOLD_ABSENT] = {"absent", "every package has it, and it is not there"},
    [HOLD_CUT] = {"cut", "no checkpoint seals the record of this export: the journal was cut"},
};

const char *package_wrong_name(enum hold_wrong wrong)
{
    return wrongs[wrong].name;
}

static void say_wrong(const struct package_held *h, struct buf *out)
{
    size_t shown = shown_of(&h->wrong, WRONG_SHOWN);

    for (size_t i = 0; i < shown; i++) {
        const struct hold_told *t = &h->wrong.told[i];

        buf_adds(out, "  ");
        sink_terminal(out, t->folder, false);
        if (t->folder.len && t->record.len) {
            buf_adds(out, " (");
            add_name(out, t);
            buf_adds(out, ")");
        } else {
            add_name(out, t);
        }
        buf_addf(out, "%s%s\n", t->folder.len || t->record.len ? ": " : "", wrongs[t->wrong].words);
    }
    say_more(out, &h->wrong, shown);
}

static void say_same(const struct package_held *h, struct buf *out)
{
    size_t shown = shown_of(&h->same, SAME_SHOWN);

    for (size_t i = 0; i < shown; i++) {
        const struct hold_told *t = &h->same.told[i];

        buf_adds(out, "  ");
        sink_terminal(out, t->folder, false);
        buf_adds(out, " is ");
        add_name(out, t);
        if (t->unread)
            buf_addf(out, "; of %llu of its files no SHA-256 is on record",
                     (unsigned long long)t->unread);
        buf_addc(out, '\n');
    }
    say_more(out, &h->same, shown);
}

static const char *without_words(struct str kind)
{
    if (str_is(kind, "destroyed"))
        return " has no bytes here: it is on record as destroyed\n";
    if (str_is(kind, "beyond"))
        return ": what this record says of it is not told. It is labelled higher, or in another "
               "compartment, than all that is: ask the sender\n";
    return " has no bytes on record: a paper, a device, a link\n";
}

static void say_without(const struct package_held *h, struct buf *out)
{
    size_t shown = shown_of(&h->without, WITHOUT_SHOWN);

    for (size_t i = 0; i < shown; i++) {
        buf_adds(out, "  ");
        add_name(out, &h->without.told[i]);
        buf_adds(out, without_words(h->without.told[i].folder));
    }
    say_more(out, &h->without, shown);
}

enum { ACTS_SHOWN = 60 };

static void add_when(struct buf *out, const struct hold_act *act)
{
    struct str said = act->texts[ACT_SAID];
    struct utc recorded, when;
    char text[UTC_PLAIN_SIZE];

    if (!utc_read(&recorded, act->texts[ACT_RECORDED]))
        return;
    if (!utc_read(&when, said) || when.sec == recorded.sec) {
        buf_adds(out, utc_plain(text, recorded));
        return;
    }
    buf_adds(out, utc_plain(text, when));
    buf_addf(out, " (recorded %s)", utc_plain(text, recorded));
}

static void add_part(struct buf *out, const char *before, struct str text)
{
    if (!text.len)
        return;
    buf_adds(out, before);
    sink_terminal(out, text, false);
}

/* What the forms can be compared with: they are the sender's word. */
static void say_chain(const struct package_held *h, struct buf *out)
{
    size_t shown = h->chain.count < ACTS_SHOWN ? h->chain.count : ACTS_SHOWN;

    if (!h->chain.count)
        return;
    buf_adds(out, "What was done with them and whose key signed it, as the journal says, but for "
                  "when they were verified, or read for a timeline; a form in custody/ that says "
                  "otherwise of these is not the record's:\n");
    for (size_t i = 0; i < shown; i++) {
        const struct hold_act *act = &h->chain.acts[i];
        struct str who = act->texts[ACT_WHO];

        add_part(out, "  r", act->texts[ACT_ITEM]);
        add_part(out, ": r", act->texts[ACT_RECORD]);
        buf_addc(out, ' ');
        add_when(out, act);
        add_part(out, " ", act->texts[ACT_WHAT].len ? act->texts[ACT_WHAT] : STR("(not told)"));
        add_part(out, " from ", act->texts[ACT_FROM]);
        add_part(out, " to ", act->texts[ACT_TO]);
        add_part(out, ", by ", who.len ? who : STR("somebody who is not told"));
        add_part(out, " ", str_head(act->texts[ACT_KEY], 8));
        buf_addc(out, '\n');
    }
    if (h->chain.total > shown)
        buf_addf(out, "  and %llu more (--json)\n", (unsigned long long)(h->chain.total - shown));
}

static void say_evidence(const struct package_check *c, struct buf *out)
{
    const struct package_held *h = &c->held;

    if (c->why_not_held.code) {
        buf_adds(out, "Evidence: not compared with the journal: ");
        sink_terminal(out, str_of(c->why_not_held.text), false);
        buf_addc(out, '\n');
        return;
    }
    buf_addf(out, "Evidence: %llu item%s on record", (unsigned long long)h->items,
             h->items == 1 ? "" : "s");
    if (h->wrong.total)
        buf_addf(out, ", and %llu thing%s NOT as recorded:\n", (unsigned long long)h->wrong.total,
                 h->wrong.total == 1 ? " is" : "s are");
    else
        buf_adds(out, h->items ? ", all as recorded.\n" : ": nothing to compare it with.\n");
    say_wrong(h, out);
    say_same(h, out);
    say_without(h, out);
    say_chain(h, out);
}

static void say_anchored(const struct package_check *c, struct buf *out)
{
    uint64_t size = c->held.has_root ? c->held.records : c->root_size;

    buf_adds(out, "The journal is verified: it has the root that you were told");
    if (size > c->root_size)
        buf_addf(out, ", up to record %llu. What is behind that may have been made anew",
                 (unsigned long long)c->root_size - 1);
    buf_adds(out, ".\n");
}

/* What calm-verify says: of a journal that is good how many openings fit, and of which records
 * nobody is to trust; else what is wrong. */
static void say_words(const struct package_check *c, bool is_good, struct buf *out)
{
    struct str words = buf_str(&c->words);
    const char *from = is_good ? memmem(words.p, words.len, "\n  Openings:", 12) : NULL;

    if (from)
        words = str_from(words, (size_t)(from - words.p) + 1);
    else
        (void)str_cut(&words, '\n');
    sink_terminal(out, words, true);
}

static void say_journal(const struct package_check *c, struct buf *out)
{
    bool is_good = c->verdict == VERDICT_VERIFIED || c->verdict == VERDICT_NOT_ANCHORED;

    if (!c->has_verdict) {
        buf_adds(out, "The journal was not checked: ");
        sink_terminal(out, str_of(c->why_unchecked.text), false);
        buf_addc(out, '\n');
        return;
    }
    switch (c->verdict) {
    case VERDICT_VERIFIED:
        say_anchored(c, out);
        break;
    case VERDICT_NOT_ANCHORED:
        buf_adds(out, "The journal is valid, but not anchored: see what is still to compare.\n");
        break;
    case VERDICT_TAMPERED:
        buf_adds(out, "The journal is TAMPERED with, or is not the one you were told of:\n");
        break;
    case VERDICT_MALFORMED:
        buf_adds(out, "The journal is MALFORMED:\n");
        break;
    default:
        buf_adds(out, "The journal could not be checked:\n");
    }
    say_words(c, is_good, out);
}

/* Nothing within a package can say this. */
static void say_compare(const struct package_check *c, struct str to, struct buf *out)
{
    if (!c->has_verdict || c->verdict != VERDICT_NOT_ANCHORED || !c->held.has_root)
        return;
    buf_adds(out, "\nStill to compare: until then all of it, the journal too, may have been made "
                  "anew by whoever packed it. Have the sender read you, by telephone or on paper,\n"
                  "  records ");
    buf_add_u64(out, c->held.records);
    buf_adds(out, "\n  root    ");
    verify_root(out, &c->held.root, "\n          ");
    buf_adds(out, "\nor type in what you are told, and not what stands here:\n"
                  "  calm-verify --root \"RECORDS:ROOT\" --openings \\\n    ");
    sink_shell(out, to);
    buf_adds(out, "/" OPENINGS " ");
    sink_shell(out, to);
    buf_adds(out, "/" JOURNAL "\n");
}

/* What was compared with nothing, since nothing in a package tells it: on each form, or on some. */
static void say_free(const struct package_held *h, struct buf *out)
{
    buf_adds(out, "With nothing were compared ");
    for (size_t i = 0; i < h->free_count; i++) {
        buf_addc(out, '"');
        sink_terminal(out, h->free[i].label, false);
        buf_addf(out, "\" (%llu form%s), ", (unsigned long long)h->free[i].forms,
                 h->free[i].forms == 1 ? "" : "s");
    }
    buf_adds(out,
             "the names behind \"done by\", what came out of a verification or an "
             "examination, the clocks, the name and the label of the case, when a form was "
             "written, and its fixed words, also where somebody added words of his own to them. ");
}

static void say_forms(const struct package_check *c, struct buf *out)
{
    const struct package_held *h = &c->held;

    if (h->forms) {
        buf_addf(out, "Of %llu form%s in custody/ ", (unsigned long long)c->forms,
                 c->forms == 1 ? "" : "s");
        if (h->forms < c->forms)
            buf_addf(out, "%llu ", (unsigned long long)h->forms);
        buf_adds(out, h->forms == 1 ? "was" : "were");
        buf_adds(out, " compared with the journal: the rows of the chain, and where it does not "
                      "hold together; each fact above it (of a disk image the hashes of source and "
                      "image, size, files, what was not readable, and how it was made); who signed "
                      "the rows; case, number of records and root; the commands that check "
                      "them. ");
        say_free(h, out);
    } else {
        buf_adds(out, "The forms in custody/ were compared with nothing. ");
    }
    buf_adds(out, "README.txt and program/ are the sender's, and were compared with nothing.\n");
}

void package_check_say(const struct package_check *c, struct str to, struct buf *out)
{
    if (c->lacks) {
        buf_addf(out, "It lacks %s, so nothing in it can be compared with what was recorded.\n",
                 c->lacks);
    } else {
        say_journal(c, out);
        say_evidence(c, out);
    }
    say_forms(c, out);
    say_compare(c, to, out);
}

static bool is_bad(const struct package_check *c)
{
    bool is_held = c->why_not_held.code == 0;

    return c->lacks ||
           (c->has_verdict &&
            (c->verdict == VERDICT_TAMPERED || c->verdict == VERDICT_MALFORMED)) ||
           (is_held && (c->held.wrong.total || !c->held.items)) ||
           c->why_not_held.code == ERR_FORMAT || c->why_not_held.code == ERR_TAMPER;
}

int package_check_judge(const struct package_check *c, const char *package, struct err *e)
{
    if (is_bad(c))
        return err_set(e, ERR_TAMPER, "what is in %s is not what was recorded", package);
    if (!c->has_verdict)
        return err_set(e, c->why_unchecked.code, "the journal in %s was not checked: %s", package,
                       c->why_unchecked.text);
    if (c->verdict != VERDICT_VERIFIED && c->verdict != VERDICT_NOT_ANCHORED)
        return err_set(e, ERR_FORMAT, "the journal in %s could not be checked", package);
    if (c->why_not_held.code)
        return err_set(e, c->why_not_held.code, "the evidence in %s was not compared: %s", package,
                       c->why_not_held.text);
    return 0;
}
