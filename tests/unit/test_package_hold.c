/* The evidence of a package against the journal in it (doc/format/package.md §5): the worker's half
 * with records, openings and lists that lie, and what is taken of its words. */
#include "test_journal_make.h"
#include <sys/mman.h>
#include <unistd.h>
#include "base/limits.h"
#include "journal/field.h"
#include "journal/tree.h"
#include "practice/package_hold.h"
#include "practice/package_items_read.h"
#include "practice/package_name.h"
#include "sys/file.h"
#include "sys/worker.h"

#define Z32 "00000000000000000000000000000000"
#define Z64 Z32 Z32
#define A64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B64 "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define C64 "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"

/* What lies in a package. */
struct pack {
    struct buf journal;
    struct buf openings;
    struct buf sums;
    uint64_t records;
    unsigned items;     /* of which something is told */
    struct buf forms;   /* as forms_compare() takes them */
    bool has_own_forms; /* else each gets its own */
    bool is_bare;       /* else it has what every package has */
    struct tree tree;
    struct package_held held;
    struct err why;
};

static void pack_release(struct pack *p)
{
    buf_release(&p->journal);
    buf_release(&p->openings);
    buf_release(&p->sums);
    buf_release(&p->forms);
    package_held_release(&p->held);
}

static struct id id_of(unsigned number)
{
    struct id id = {{0}};

    for (unsigned i = 0; i < 4; i++)
        id.b[15 - i] = (uint8_t)(number >> (8 * i));
    return id;
}

static void add_names(struct buf *out, const char *names)
{
    struct str rest = str_of(names);

    for (const char *before = ""; rest.len; before = ",") {
        struct str name = str_cut(&rest, ' ');

        buf_addf(out, "%s\"" STR_FMT "\":\"" Z64 "\"", before, STR_ARG(name));
    }
}

/* A record of that id, with these fields (ascending) and refs to others, ended by 0. Nobody signed
 * it, which is for calm-verify to say. */
static void add(struct pack *p, unsigned id, const char *type, const char *public,
                const char *names, const unsigned *refs)
{
    size_t from = p->journal.len;
    struct hash leaf;

    buf_addf(&p->journal,
             "{\"v\":1,\"case\":\"" Z64 "\",\"seq\":%llu,\"prev\":\"" Z64 "\",\"epoch\":0,"
             "\"logged\":\"2026-11-24T03:12:09.000000000Z\",\"statement\":{\"id\":\"%032x\","
             "\"case\":\"" Z64 "\",\"seen\":[0,\"" Z64 "\"],"
             "\"time\":\"2026-11-24T03:12:09.000000000Z\",\"boot\":\"" Z32 "\",\"mono\":0,"
             "\"clock\":\"ntp\",\"by\":\"" Z64 "\",\"type\":\"%s\",\"tlp\":\"amber\","
             "\"scope\":\"team\",\"public\":{%s},\"fields\":{",
             (unsigned long long)p->records++, id, type, public);
    add_names(&p->journal, names);
    buf_adds(&p->journal, "},\"refs\":[");
    for (size_t i = 0; refs && refs[i]; i++)
        buf_addf(&p->journal, "%s\"%032x\"", i ? "," : "", refs[i]);
    buf_adds(&p->journal, "],\"sig\":\"" Z64 Z64 "\"}}");
    leaf = hash_leaf(str_from(buf_str(&p->journal), from));
    tree_append(&p->tree, &leaf);
    buf_addc(&p->journal, '\n');
}

static void tell_bytes(struct pack *p, unsigned id, const char *name, struct str value)
{
    const struct opening o = {.id = id_of(id), .name = str_of(name), .value = value};

    opening_write(&p->openings, &o);
    buf_addc(&p->openings, '\n');
}

static void tell(struct pack *p, unsigned id, const char *name, const char *value)
{
    tell_bytes(p, id, name, str_of(value));
}

static void add_change(struct pack *p, unsigned id, unsigned of, const char *name,
                       const char *value)
{
    add(p, id, "evidence-change/1", "", name, (const unsigned[]){of, 0});
    if (value)
        tell(p, id, name, value);
}

/* An item: its id, title, and what it is. */
static void add_item(struct pack *p, unsigned id, const char *title, const char *name,
                     const char *value)
{
    CLEANUP_BUF struct buf names = {0};

    buf_addf(&names, "%s%stitle", name ? name : "", name ? " " : "");
    add(p, id, "evidence/1", "", buf_text(&names), NULL);
    p->items++;
    tell(p, id, "title", title);
    if (name && value)
        tell(p, id, name, value);
}

/* The record of its export, and the checkpoint that seals it. */
static void add_export(struct pack *p, const unsigned *items)
{
    CLEANUP_BUF struct buf public = {0};
    unsigned id = 0x70000000 + (unsigned)p->records;

    for (size_t i = 0; items[i]; i++) {
        add(p, id, "custody/1", "", "act evidence recipient", (const unsigned[]){items[i], 0});
        tell(p, id, "act", "exported");
        tell(p, id, "evidence", "x");
        tell(p, id++, "recipient", "age1");
    }
    add(p, id++, "export/1", "", "text", NULL);
    buf_addf(&public, "\"key\":\"" Z64 "\",\"root\":\"" Z64 "\",\"sig\":\"\",\"size\":%llu",
             (unsigned long long)p->records);
    add(p, id, "checkpoint/1", buf_text(&public), "", NULL);
}

static void add_sum(struct pack *p, const char *sum, const char *path)
{
    buf_addf(&p->sums, "%s  %s\n", sum, path);
}

static int hear(void *context, uint32_t kind, struct str row, struct err *e)
{
    return import_receive(context, kind, row, e);
}

static int memory(const struct buf *b)
{
    int fd = -1;

    assert_int_equal(import_memory(&fd, buf_str(b), NULL), 0);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

static void package_start(struct pack *p)
{
    package_held_release(&p->held);
    p->held = (struct package_held){.arena = arena_new()};
    p->why = (struct err){0};
}

static void add_form(struct buf *out, unsigned number)
{
    buf_addf(out, C64 "  custody/e%u.html\n" C64 "  custody/e%u.txt\n", number, number);
}

/* Forms of the folders that are there, and for as many items more as have none. */
static void add_forms(const struct pack *p, struct buf *out)
{
    unsigned forms = 0;

    buf_addstr(out, buf_str(&p->sums));
    if (!p->is_bare)
        buf_adds(out, C64 "  README.txt\n" C64 "  journal/journal.cj1\n" C64
                          "  journal/journal.cjo\n" C64 "  program/calm-verify\n");
    for (unsigned number = 1; number < 100 && forms < p->items && !p->has_own_forms; number++) {
        char folder[40];

        snprintf(folder, sizeof(folder), "  evidence/e%u/", number);
        if (p->sums.len && memmem(p->sums.p, p->sums.len, folder, strlen(folder))) {
            add_form(out, number);
            forms++;
        }
    }
    while (forms < p->items && !p->has_own_forms)
        add_form(out, 500 + forms++);
}

/* As the worker does it, or in one. */
static int hold(struct pack *p, bool in_worker)
{
    CLEANUP_BUF struct buf sums = {0};
    int ins[] = {memory(&p->journal), memory(&p->openings), (add_forms(p, &sums), memory(&sums)),
                 memory(&p->forms)};
    struct import_reader reader = {.text_counts = hold_row_texts,
                                   .kind_count = HOLD_ROW_COUNT_,
                                   .row = package_held_take,
                                   .context = &p->held};
    const struct import_sink sink = {hear, &reader};
    int rc;

    package_start(p);
    rc = in_worker ? package_hold(ins, &p->held, &p->why)
                   : package_hold_job_run(ins, &sink, &p->why);
    for (size_t i = 0; i < COUNT_OF(ins); i++)
        fd_close(ins[i]);
    return rc;
}

static void add_told(struct buf *out, const char *what, const struct hold_list *l)
{
    for (size_t i = 0; i < l->count; i++) {
        const struct hold_told *t = &l->told[i];

        if (what)
            buf_adds(out, what);
        else
            buf_addc(out, "CUMNFWRXETGOPYAZ"[t->wrong]);
        buf_addf(out, " " STR_FMT " " STR_FMT " " STR_FMT "\n", STR_ARG(t->folder),
                 STR_ARG(t->record), STR_ARG(t->title));
    }
}

/* What came out, a line each: "= FOLDER RECORD TITLE", "- none …" without bytes, and the letter of
 * what is wrong: Changed, Unrecorded, Missing, No item, no Files, Withheld, unReadable, no eXport,
 * the End, unTold, foreiGn, mOre forms, no form (Paper). */
static void assert_held(struct pack *p, const char *want)
{
    CLEANUP_BUF struct buf got = {0};
    int rc = hold(p, false);

    if (rc)
        fail_msg("%s", p->why.text);
    assert_true(p->held.is_whole);
    assert_int_equal(p->held.records, p->records);
    assert_true(hash_eq(&p->held.root, &(struct hash[]){tree_root(&p->tree)}[0]));
    add_told(&got, "=", &p->held.same);
    add_told(&got, "-", &p->held.without);
    add_told(&got, NULL, &p->held.wrong);
    if (!str_is(buf_str(&got), want))
        fail_msg("\n%s\ninstead of\n%s", buf_text(&got), want);
}

static void files_and_items_find_each_other_by_content(void **state)
{
    CLEANUP(pack_release) struct pack p = {.records = 0};

    (void)state;
    add_item(&p, 1, "a", "sha256", A64);
    add_item(&p, 2, "b", "sha256", B64);
    add_item(&p, 3, "disk", "files", "/mnt/x/d 1.E01 5 " A64 "\nd_1.E01 6 -\nd 1.E01 7 " C64);
    add_item(&p, 4, "paper", NULL, NULL);
    add_item(&p, 5, "gone", "sha256", C64);
    add_change(&p, 6, 5, "destroyed", "yes");
    add_export(&p, (const unsigned[]){1, 2, 3, 4, 5, 0});
    add_sum(&p, C64, "README.txt");
    add_sum(&p, B64, "evidence/e1/b");
    add_sum(&p, A64, "evidence/e10/other-name");
    add_sum(&p, A64, "evidence/e2/d_1.E01");
    add_sum(&p, B64, "evidence/e2/d_1.E01_");
    add_sum(&p, C64, "evidence/e2/d_1.E01__");
    assert_held(&p, "= evidence/e1 1 b\n= evidence/e10 0 a\n= evidence/e2 2 disk\n"
                    "- none 3 paper\n- destroyed 4 gone\n");
    assert_int_equal(p.held.same.told[2].unread, 1);
    assert_int_equal(p.held.items, 5);
    /* in a worker the same */
    assert_int_equal(hold(&p, true), 0);
    assert_int_equal(p.held.same.count, 3);
    assert_int_equal(p.held.without.count, 2);
    assert_int_equal(p.held.wrong.total, 0);
}

static void what_is_not_as_recorded_is_told_by_name(void **state)
{
    CLEANUP(pack_release) struct pack p = {.records = 0};

    (void)state;
    add_item(&p, 1, "a", "sha256", A64);
    add_item(&p, 2, "disk", "files", "d.E01 5 " A64 "\nd.E02 6 " B64 "\nd.txt 1 " C64);
    add_item(&p, 3, "lone", "sha256", Z64);
    add_export(&p, (const unsigned[]){1, 2, 3, 0});
    add_sum(&p, A64, "evidence/e1/a");
    add_sum(&p, C64, "evidence/e1/more.exe");
    add_sum(&p, A64, "evidence/e2/d.E01");
    add_sum(&p, C64, "evidence/e2/d.E02");
    add_sum(&p, C64, "evidence/e2/x/d.txt");
    add_sum(&p, C64, "evidence/e1-x/a.b");
    add_sum(&p, C64, "evidence/loose");
    assert_held(&p, "U evidence/e1/more.exe 0 a\nN evidence/e1-x  \nC evidence/e2/d.E02 1 disk\n"
                    "M evidence/e2/d.txt 1 disk\nU evidence/e2/x/d.txt 1 disk\n"
                    "N evidence/loose  \nF  2 lone\n");
}

/* Later records count, first refs, and refs to what stands earlier; of a redacted value nothing is
 * said; a withheld one is missed. */
static void changes_give_an_item_what_they_say(void **state)
{
    CLEANUP(pack_release) struct pack p = {.records = 0};

    (void)state;
    add_item(&p, 1, "a", "sha256", A64);
    add_change(&p, 2, 1, "sha256", B64);
    add_change(&p, 3, 2, "title", "of a change"); /* through the change before */
    add_change(&p, 4, 9, "sha256", C64);          /* of what comes later: of nothing */
    add_item(&p, 9, "b", "sha256", C64);
    add(&p, 10, "evidence-change/1", "", "sha256", (const unsigned[]){77, 9, 1, 0});
    add_change(&p, 11, 9, "sha256", A64);
    add(&p, 12, "redact/1", "\"approvals\":[],\"names\":[\"sha256\"],\"target\":\"" Z32 "\"", "",
        NULL);
    add_item(&p, 13, "c", "sha256", NULL);
    add(&p, 14, "redact/1",
        "\"approvals\":[],\"names\":[\"sha256\",7],\"target\":\"0000000000000000000000000000000d\"",
        "", NULL);
    add_item(&p, 15, "d", "sha256", C64);
    add_change(&p, 16, 15, "sha256", NULL);
    add_change(&p, 17, 15, "place", NULL); /* says nothing of bytes */
    add_export(&p, (const unsigned[]){1, 9, 13, 15, 0});
    add_sum(&p, B64, "evidence/e1/a");
    add_sum(&p, A64, "evidence/e2/b");
    add_sum(&p, C64, "evidence/e4/d");
    assert_held(&p, "= evidence/e1 0 of a change\n= evidence/e2 4 b\n= evidence/e4 10 d\n"
                    "- none 8 c\nW  10 d\nT  12 d\n");
}

/* Of an item that is told all lines of its chain are, but what a redaction destroyed. */
static void lines_of_a_chain_are_not_left_out(void **state)
{
    CLEANUP(pack_release) struct pack p = {.records = 0};

    (void)state;
    add_item(&p, 1, "a", NULL, NULL);
    add_item(&p, 2, "b", NULL, NULL);
    add(&p, 3, "custody/1", "", "act to", (const unsigned[]){1, 0});
    tell(&p, 3, "act", "handed-over"); /* and not to whom */
    add(&p, 4, "custody-change/1", "", "outcome", (const unsigned[]){3, 0});
    add(&p, 5, "custody/1", "", "act to", (const unsigned[]){2, 0});
    tell(&p, 5, "act", "received");
    add(&p, 6, "redact/1",
        "\"approvals\":[],\"names\":[\"to\"],\"target\":\"00000000000000000000000000000005\"", "",
        NULL);
    add(&p, 7, "evidence/1", "", "title", NULL); /* of which nothing is told */
    add(&p, 8, "custody/1", "", "act", (const unsigned[]){7, 0});
    add(&p, 9, "verification/1", "", "result", (const unsigned[]){1, 0});
    add_export(&p, (const unsigned[]){1, 2, 0});
    assert_held(&p, "- none 0 a\n- none 1 b\nT  2 a\nT  3 a\n");
}

static void an_export_is_of_all_items_and_sealed(void **state)
{
    static const struct {
        unsigned first[4], second[4];
        const char *want;
    } cases[] = {
        {{1, 2}, {1, 2}, "- none 0 a\n- none 1 b\n"},
        {{1, 2}, {3}, "- none 0 a\n- none 1 b\n"}, /* one of others is behind it */
        {{1, 2}, {1}, "- none 0 a\n- none 1 b\nX   \n"},
        {{1, 2}, {1, 2, 3}, "- none 0 a\n- none 1 b\nX   \n"}, /* one was left out */
        {{2}, {1}, "- none 0 a\n- none 1 b\nX   \n"},
        {{1, 3}, {3, 2}, "- none 0 a\n- none 1 b\nX   \n"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP(pack_release) struct pack p = {.records = 0};

        add_item(&p, 1, "a", NULL, NULL);
        add_item(&p, 2, "b", NULL, NULL);
        add(&p, 3, "evidence/1", "", "title", NULL); /* of which nothing is told */
        add_export(&p, cases[i].first);
        add_export(&p, cases[i].second);
        assert_held(&p, cases[i].want);
    }
    {
        CLEANUP(pack_release) struct pack p = {.records = 0};

        add_item(&p, 1, "a", NULL, NULL);
        add(&p, 5, "custody/1", "", "recipient", (const unsigned[]){1, 0});
        tell(&p, 5, "recipient", "age1");
        add(&p, 6, "note/1", "", "text", NULL);
        add(&p, 7, "export/1", "", "text", NULL);
        assert_held(&p, "- none 0 a\nX   \n");
        add(&p, 8, "custody/1", "", "recipient", (const unsigned[]){1, 0});
        tell(&p, 8, "recipient", "age1");
        add(&p, 9, "export/1", "", "text", NULL);
        assert_held(&p, "- none 0 a\nE   \n");
    }
}

static void what_lies_beside_the_evidence_is_known(void **state)
{
    CLEANUP(pack_release) struct pack p = {.has_own_forms = true};

    (void)state;
    add_item(&p, 1, "a", "sha256", A64);
    add_item(&p, 2, "b", NULL, NULL);
    add_export(&p, (const unsigned[]){1, 2, 0});
    add_sum(&p, A64, "evidence/e3/a");
    add_form(&p.sums, 3);
    assert_held(&p, "= evidence/e3 0 a\n- none 1 b\nP   \n");
    add_sum(&p, C64, "custody/e10.txt");
    assert_held(&p, "= evidence/e3 0 a\n- none 1 b\nP custody/e10.html  \n");
    add_sum(&p, C64, "custody/e10.html");
    add_sum(&p, C64, "program/calm-verify");
    assert_held(&p, "= evidence/e3 0 a\n- none 1 b\n");
    add_form(&p.sums, 2);
    assert_held(&p, "= evidence/e3 0 a\n- none 1 b\nO custody  \n");
    p.sums.len -= 2 * (64 + 2) + strlen("custody/e2.html\ncustody/e2.txt\n");
    add_sum(&p, C64, "OPEN-ME.exe");
    add_sum(&p, C64, "custody/e03.txt");
    add_sum(&p, C64, "journal/journal2.cj1");
    add_sum(&p, C64, "Evidence/e1/f");
    assert_held(&p, "= evidence/e3 0 a\n- none 1 b\nG OPEN-ME.exe  \nG custody/e03.txt  \n"
                    "G journal/journal2.cj1  \nG Evidence/e1/f  \n");
    p.is_bare = true; /* but for calm-verify, which it got above */
    assert_held(&p, "= evidence/e3 0 a\n- none 1 b\nG OPEN-ME.exe  \nG custody/e03.txt  \n"
                    "G journal/journal2.cj1  \nG Evidence/e1/f  \nA README.txt  \n"
                    "A journal/journal.cj1  \nA journal/journal.cjo  \n");
}

static void openings_that_lie_give_nothing(void **state)
{
    CLEANUP(pack_release) struct pack p = {.records = 0};

    (void)state;
    tell(&p, 1, "sha256", "short"); /* the first of two counts */
    add_item(&p, 1, "\033[2J\xff\xe2\x80\xae", "sha256", A64);
    add_item(&p, 2, "", "files", A64);
    tell(&p, 2, "unknown", "x");
    tell(&p, 99, "sha256", A64);
    tell_bytes(&p, 98, "title", (struct str){"a\0b", 3});
    add_export(&p, (const unsigned[]){1, 2, 0});
    add_sum(&p, A64, "evidence/e1/a");
    assert_held(&p, "R  0 \033[2J\xef\xbf\xbd\xe2\x80\xae\nR  1 \nN evidence/e1  \n");
}

static void odd_lines_of_files_are_not_files(void **state)
{
    static const char *const odd[] = {
        "a",
        "a 1",
        "a 1 " A64 "\n",
        "a 1 " A64 "\n\nb 1 " A64,
        "a x " A64,
        " 1 " A64,
        "a 1 AAAA",
        "a 99999999999999999999999 " A64,
        "a 1 " A64 " ",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(odd); i++) {
        CLEANUP(pack_release) struct pack p = {.records = 0};
        bool is_read = strcmp(odd[i], "a 1 " A64 "\n") == 0;

        add_item(&p, 1, "d", "files", odd[i]);
        add_export(&p, (const unsigned[]){1, 0});
        assert_held(&p, is_read ? "F  0 d\n" : "R  0 d\n");
    }
}

/* 10,922 of the same name in one value: their members would have names of 11,000 bytes. */
static void names_that_no_member_has_are_not_made(void **state)
{
    CLEANUP(pack_release) struct pack p = {.records = 0};
    CLEANUP_BUF struct buf same = {0};
    CLEANUP_BUF struct buf other = {0};

    (void)state;
    while (same.len + 6 <= LIMIT_VALUE_SIZE)
        buf_adds(&same, "a 0 -\n");
    for (unsigned i = 0; other.len + 16 <= LIMIT_VALUE_SIZE; i++)
        buf_addf(&other, "%u 0 -\n", i);
    add_item(&p, 1, "same", "files", buf_text(&same));
    add_item(&p, 2, "other", "files", buf_text(&other));
    add_export(&p, (const unsigned[]){1, 2, 0});
    assert_held(&p, "R  0 same\nF  1 other\n");
}

static void a_name_does_no_harm_and_is_new(void **state)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    CLEANUP(package_names_release) struct package_names names = {.arena = arena};
    static const char *const cases[][2] = {
        {"/var/log/auth.log", "auth.log"},
        {"auth.log", "auth.log_"},
        {"x/auth log", "auth_log"},
        {"auth_log", "auth_log_"},
        {"auth_log", "auth_log__"},
        {"../..", "_."},
        {"-rf", "_rf"},
        {"", "bytes"},
        {"a/", "bytes_"},
        {"\xc3\xa4", "__"},
    };
    struct str name;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_true(package_names_add(&names, str_of(cases[i][0]), &name));
        if (!str_is(name, cases[i][1]))
            fail_msg("%s became " STR_FMT, cases[i][0], STR_ARG(name));
    }
}

/* A line is at most 65,536 bytes; refs fill one up to 35 bytes less. */
static void long_lines_are_read_up_to_their_limit(void **state)
{
    CLEANUP(pack_release) struct pack p = {.records = 0};
    CLEANUP_FREE unsigned *refs = mem_array(2000, sizeof(*refs));
    size_t count = (LIMIT_LINE_SIZE - 1100) / 35;

    (void)state;
    add_item(&p, 1, "a", "sha256", A64);
    for (size_t i = 0; i < count; i++)
        refs[i] = 500 + (unsigned)i;
    refs[count - 1] = 1;
    add(&p, 2, "evidence-change/1", "", "sha256", refs);
    tell(&p, 2, "sha256", B64);
    add_export(&p, (const unsigned[]){1, 0});
    add_sum(&p, B64, "evidence/e1/a");
    assert_held(&p, "= evidence/e1 0 a\n");
    for (size_t i = count - 1; i < 1999; i++)
        refs[i] = 1;
    add(&p, 3, "evidence-change/1", "", "sha256", refs);
    assert_int_equal(hold(&p, false), ERR_FORMAT);
    assert_non_null(strstr(p.why.text, "longer"));
    assert_int_equal(hold(&p, true), ERR_FORMAT);
}

static void files_that_are_none_are_refused(void **state)
{
    static const char *const sums[] = {
        "x\n",
        A64 "  evidence/e1/a",
        A64 " evidence/e1/a\n",
        A64 "  ../evidence/e1/a\n",
        A64 "  evidence//a\n",
        A64 "\n",
        "\n",
        A64 "  evidence/e1/\033\n",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(sums); i++) {
        CLEANUP(pack_release) struct pack p = {.records = 0};

        add_item(&p, 1, "a", NULL, NULL);
        buf_adds(&p.sums, sums[i]);
        assert_int_equal(hold(&p, false), ERR_FORMAT);
    }
    for (int i = 0; i < 4; i++) {
        CLEANUP(pack_release) struct pack p = {.records = 0};

        add_item(&p, 1, "a", NULL, NULL);
        buf_adds(i % 2 ? &p.openings : &p.journal, i < 2 ? "{}\n" : "{");
        assert_int_equal(hold(&p, false), ERR_FORMAT);
        assert_true(p.why.text[0]);
    }
    {
        CLEANUP(pack_release) struct pack p = {.records = 0};

        assert_int_equal(hold(&p, false), 0);
        assert_int_equal(p.held.items, 0);
        buf_adds(&p.journal, "{\"v\":2,\n");
        assert_int_equal(hold(&p, false), ERR_NEWER);
    }
}

/* As many as a package may have, all alike but for a tenth that are exchanged for others. */
static void a_hundred_thousand_files_are_held(void **state)
{
    enum { ITEMS = 50000, TENTH = 10 };
    CLEANUP(pack_release) struct pack p = {.has_own_forms = true, .is_bare = true};
    char sum[72];
    char path[64];

    (void)state;
    for (unsigned i = 1; i <= ITEMS; i++) {
        snprintf(sum, sizeof(sum), "%064x", i % 4 ? i : 7);
        add_item(&p, i, "same title", "sha256", sum);
    }
    for (unsigned i = 1; i <= 2 * ITEMS; i++) {
        bool is_other = i > ITEMS || i % TENTH == 0;

        snprintf(sum, sizeof(sum), "%064x", is_other ? 1000000 + i : i % 4 ? i : 7);
        snprintf(path, sizeof(path), "evidence/e%u/same_title", i);
        add_sum(&p, sum, path);
    }
    assert_int_equal(hold(&p, false), 0);
    assert_int_equal(p.held.same.total, ITEMS - ITEMS / TENTH);
    assert_int_equal(p.held.same.count, HOLD_ROWS_TOLD);
    /* each folder is a changed item or none's, no item has a form, the export is missed, and what
     * every package has */
    assert_int_equal(p.held.wrong.total, ITEMS + ITEMS / TENTH + ITEMS + 1 + 4);
    assert_int_equal(p.held.wrong.count, HOLD_ROWS_TOLD);
    add_sum(&p, A64, "evidence/e100001/x");
    assert_int_equal(hold(&p, false), ERR_LIMIT);
}

static void what_no_sound_worker_says_is_refused(void **state)
{
    static const struct {
        uint32_t kind;
        const char *texts[ACT_TEXT_COUNT];
    } cases[] = {
        {HOLD_ROW_COUNTS, {"1", "0", "0", "0", "0"}}, /* before the journal */
        {HOLD_ROW_JOURNAL, {"x", A64}},
        {HOLD_ROW_JOURNAL, {"1", "aa"}},
        {HOLD_ROW_JOURNAL, {"1", A64}}, /* this one is sound: */
        {HOLD_ROW_JOURNAL, {"1", A64}},
        {HOLD_ROW_SAME, {"evidence/e1", "1", "a", "x"}},
        {HOLD_ROW_SAME, {"evidence/e1", "one", "a", "0"}},
        {HOLD_ROW_WRONG, {"99", "", "", ""}},
        {HOLD_ROW_WRONG, {"", "", "", ""}},
        {HOLD_ROW_CHAIN, {"x", "1"}},
        {HOLD_ROW_CHAIN, {"1", "1", "not when"}},
        {HOLD_ROW_FORMS, {"-1"}},
        {HOLD_ROW_FREE, {"System", "many"}},
        {HOLD_ROW_FREE, {A64, "1"}},                  /* no label is so long */
        {HOLD_ROW_COUNTS, {"1", "1", "0", "0", "0"}}, /* more than were told */
        {HOLD_ROW_COUNTS, {"1", "0", "0", "0", "1"}},
        {HOLD_ROW_COUNT_, {"", "", "", ""}},
    };
    CLEANUP(pack_release) struct pack p = {.records = 0};

    (void)state;
    package_start(&p);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct str texts[ACT_TEXT_COUNT];

        for (size_t k = 0; k < COUNT_OF(texts); k++)
            texts[k] = str_of(cases[i].texts[k]);
        assert_int_equal(package_held_take(&p.held, cases[i].kind, texts, &p.why),
                         i == 3 ? 0 : ERR_TAMPER);
    }
    assert_false(p.held.is_whole);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_and_items_find_each_other_by_content),
        cmocka_unit_test(what_is_not_as_recorded_is_told_by_name),
        cmocka_unit_test(changes_give_an_item_what_they_say),
        cmocka_unit_test(lines_of_a_chain_are_not_left_out),
        cmocka_unit_test(an_export_is_of_all_items_and_sealed),
        cmocka_unit_test(what_lies_beside_the_evidence_is_known),
        cmocka_unit_test(openings_that_lie_give_nothing),
        cmocka_unit_test(odd_lines_of_files_are_not_files),
        cmocka_unit_test(names_that_no_member_has_are_not_made),
        cmocka_unit_test(a_name_does_no_harm_and_is_new),
        cmocka_unit_test(long_lines_are_read_up_to_their_limit),
        cmocka_unit_test(files_that_are_none_are_refused),
        cmocka_unit_test(a_hundred_thousand_files_are_held),
        cmocka_unit_test(what_no_sound_worker_says_is_refused),
    };

    worker_main_if_asked(argc, argv);
    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
