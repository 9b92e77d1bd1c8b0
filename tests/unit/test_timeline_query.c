/* test_timeline_query.c: queries find the rows that a slow reading of doc/format/timeline.md
 * section 4 finds, which knows events and nothing of blocks; bad ones say where they are bad. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <ctype.h>
#include <arpa/inet.h>
#include <locale.h>
#include <regex.h>
#include <stdlib.h>
#include <strings.h>
#include <wctype.h>
#include "base/mem.h"
#include "test_timeline_seed.h"
#include "timeline/block.h"
#include "timeline/letters.h"
#include "timeline/query.h"
#include "timeline/value_test.h"

enum { ROWS = 300, FIELDS = 6, DEPTH = 4 };

static const char *const field_samples[] = {"user.name",   "message",  "source.ip",
                                            "process.pid", "url.path", "state"};
static const char *const value_samples[] = {"root",
                                            "Root",
                                            "alice",
                                            "bob smith",
                                            "10.0.0.1",
                                            "10.1.2.3",
                                            "192.168.1.5",
                                            "2001:db8::1",
                                            "::ffff:10.0.0.9",
                                            "500",
                                            "404",
                                            "99.5",
                                            "-3",
                                            "1e3",
                                            "x*y",
                                            "a?b",
                                            "Gr\303\266\303\237e",
                                            "FAILED password",
                                            "failed",
                                            "/etc/passwd",
                                            "/wp-login",
                                            "10.0.0.1 port 22",
                                            "or",
                                            "12abc"};

/* A row as the test knows it: fields in order, a name may come twice. */
struct row {
    size_t count;
    struct {
        const char *name, *value;
    } fields[FIELDS];
    uint8_t precision, doubt, meaning;
};

struct kept {
    struct buf bytes, lines;
    size_t rows;
};

static int keep(void *context, const struct block_made *block, struct err *e)
{
    struct kept *k = context;

    (void)e;
    k->rows = block->events;
    buf_addstr(&k->bytes, block->bytes);
    buf_addstr(&k->lines, block->lines);
    return 0;
}

static void kept_release(struct kept *k)
{
    buf_release(&k->bytes);
    buf_release(&k->lines);
}

static void write_rows(struct kept *out, const struct row *rows, size_t count)
{
    CLEANUP(field_names_freep) struct field_names *names = field_names_new();
    CLEANUP(block_writer_freep) struct block_writer *w = block_writer_new(names, keep, out);
    CLEANUP(event_release) struct event e;
    struct hash digest;

    event_init(&e);
    for (size_t i = 0; i < count; i++) {
        event_begin(&e);
        e.precision = rows[i].precision;
        e.doubt = rows[i].doubt;
        e.meaning = rows[i].meaning;
        for (size_t k = 0; k < rows[i].count; k++)
            event_puts(&e, field_number(names, str_of(rows[i].fields[k].name)),
                       rows[i].fields[k].value);
        assert_int_equal(block_add(w, &e, NULL), 0);
    }
    assert_int_equal(block_end(w, &digest, NULL), 0);
    assert_int_equal(out->rows, count);
}

static const struct row table_rows[] = {
    {3,
     {{"user.name", "root"}, {"message", "Failed password for root"}, {"source.ip", "10.1.2.3"}},
     TIME_S,
     DOUBT_YEAR | DOUBT_ZONE,
     MEANING_LOGGED},
    {3,
     {{"user.name", "Root"}, {"message", "sudo: pass"}, {"process.pid", "99"}},
     TIME_NS,
     0,
     MEANING_LOGGED},
    {3,
     {{"user.name", "alice"}, {"url.path", "/wp-login"}, {"process.pid", "100"}},
     TIME_S,
     0,
     MEANING_CREATED},
    {4,
     {{"user.name", "a b"},
      {"source.ip", "192.168.1.5"},
      {"source.ip", "2001:db8::1"},
      {"message", "password  x"}},
     TIME_NONE,
     DOUBT_ORDER,
     MEANING_LOGGED},
    {2, {{"host.name", "web1"}, {"process.pid", "1"}}, TIME_S, 0, MEANING_MODIFIED},
    {2, {{"host.name", "web\xC3\xA4"}, {"url.path", "/etc/passwd"}}, TIME_S, 0, MEANING_LOGGED},
};

/* Worked out by hand from the table in section 4. */
static void the_terms_of_the_document_find_their_rows(void **state)
{
    static const struct {
        const char *query, *rows;
    } cases[] = {
        {"", "012345"},
        {"failed", "0"},
        {"PASSW", "035"},
        {"\"failed password\"", "0"},
        {"failed password", "0"},
        {"user.name:root", "01"},
        {"user.name:\"a b\"", "3"},
        {"url.path:/wp-*", "2"},
        {"url.path:/etc/passwd", "5"},
        {"url.path:/wp-* or url.path:/etc/passwd", "25"},
        {"host.name:web?", "45"},
        {"message:*sudo*", "1"},
        {"message:passwor*", "03"}, /* of a text it is a word, too */
        {"message:p?ssword", "03"},
        {"message:root*", "0"},
        {"message:(ass* or swor?)", ""},
        {"message:failed*root", "0"},
        {"message:/pass(word)?\\s/", "03"},
        {"/pass.*for/", "0"},
        {"message:/^[a-zA-Z]+ ([a-z]+ )+[a-z]+ [a-z]+( [0-9.]+)+ [a-z]+ [0-9]+ .+$/ or "
         "message:/pass(word)?\\s/",
         "03"},
        {"message:/pass(word)?/ and user.name:/^.o+t$/", "01"},
        {"source.ip:10.0.0.0/8", "0"},
        {"source.ip:2001:db8::/32", "3"},
        {"source.ip:192.168.1.5", "3"},
        {"source.ip:(10.1.2.3 or 192.168.1.5)", "03"},
        {"process.pid:>=99", "12"},
        {"process.pid:>99", "2"},
        {"process.pid:<99", "4"},
        {"process.pid:<=99", "14"},
        {"process.pid:[1 TO 99]", "14"},
        {"process.pid:[* to 1]", "4"},
        {"process.pid:[99 TO *] root", "1"},
        {"user.name:*", "0123"},
        {"not user.name:*", "45"},
        {"doubt:y", "0"},
        {"doubt:*", "03"},
        {"precision:ns", "1"},
        {"precision:none", "3"},
        {"meaning:created", "2"},
        {"source:auth.log", "012345"},
        {"source:*.gz", ""},
        {"not doubt:o and source.ip:* or host.name:web1", "04"},
        {"root or alice and not wp", "01"},
        {"(root or alice) and not wp", "01"},
        {"ROOT OR ALICE AND NOT web", "012"},
        {"user.name:(not root)", "2345"},
        {"\"a b\" not message:*", ""},
        /* Addresses have many spellings (RFC 4291 section 2.2), also where no field is named. */
        {"source.ip:2001:0DB8:0::1", "3"},
        {"source.ip:\"2001:db8:0:0:0:0:0:1\"", "3"},
        {"source.ip:\"2001:db8::/124\"", "3"},
        {"source.ip:::ffff:192.168.1.5", "3"},
        {"source.ip:2001:db8::2", ""},
        {"2001:DB8:0::1", "3"},
        {"2001:db8::/32", "3"},
        {"10.0.0.0/8", "0"},
        /* As KQL and Lucene write it. */
        {"process.pid >= 99", "12"},
        {"process.pid>=99", "12"},
        {"process.pid: 99", "1"},
        {"user.name: (root or alice)", "012"},
        {"process.pid:{1 TO 100}", "1"},
        {"process.pid:{* TO 100}", "14"},
        {"process.pid:{1 TO 99]", "1"},
        {"process.pid:[1 TO 99}", "4"},
        {"root && sudo", "1"},
        {"sudo || alice", "12"},
        {"!user.name:root", "2345"},
        {"! user.name:root", "2345"},
        {"-user.name:root", "2345"},
        {"+root -sudo", "0"},
        {"-(root or alice)", "345"},
        {"user.name:(-root)", "2345"},
        {"process.pid:(-3 or 99)", "1"},
        {"a - b", ""},
        {"_exists_:user.name", "0123"},
        {"!_exists_:user.name", "45"},
        {"user.name:a\\ b", "3"},
        {"message:*\\:\\ pass", "1"},
        {"sudo\\:", "1"},
        {"host.name:web\\?", ""},
        {"user.name:ro\\*", ""},
        {"host.name:web\xC3\x84", "5"},
        {"WEB\xC3\x84", "5"},
        {"host.name:?eb\xC3\x84*", "5"},
        {"nothing.there:*", ""},
        /* As Kibana completes KQL. */
        {"user.name : root", "01"},
        {"user.name : \"a b\"", "3"},
        {"user.name :root", "01"},
        {"user.name :\"root\"", "01"},
        {"not user.name : root", "2345"},
        {"user.name : (root or alice)", "012"},
        {"user.name : *", "0123"},
        {"process.pid : 99 and user.name : root", "1"},
        {"source.ip : 10.0.0.0/8", "0"},
        {"source.ip : 2001:db8::1", "3"},
        {"source.ip :2001:db8::1", "3"},
        {"*:*", "012345"},
        {"* : *", "012345"},
        {"*:* and not root", "2345"},
        {"not *:*", ""},
        /* An address is none's value without its field. */
        {"password 2001:db8::1", "3"},
        {"\"password\" 2001:db8::1", "3"},
        {"password ::ffff:192.168.1.5", "3"},
        /* Of what is refused elsewhere. */
        {"uid=0", ""},
        {"user.name:\"=x\"", ""},
        {"\"user.name=root\"", ""},
        {"*sudo\\:*", "1"},
        {"YWJj==", ""},
        {"'root'", ""},
        {"host.name:web-1", ""},
        {"user.name:a..b", ""},
        {"not nothing.there:x", "012345"},
    };
    CLEANUP(kept_release) struct kept kept = {0};
    CLEANUP(block_closep) struct block *b = NULL;

    (void)state;
    write_rows(&kept, table_rows, COUNT_OF(table_rows));
    assert_int_equal(block_open(&b, buf_str(&kept.bytes), buf_str(&kept.lines), kept.rows, NULL),
                     0);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP(query_freep) struct query *q = NULL;
        struct rows *rows = mem_new(struct rows);
        char seen[8] = "", *to = seen;
        struct err e = {0};

        if (query_read(&q, str_of(cases[i].query), NULL, &e))
            fail_msg("%s: %s", cases[i].query, e.text);
        assert_int_equal(
            query_match(q, b, &(struct query_about){.source = STR("auth.log")}, rows, NULL), 0);
        for (size_t row = 0; row < kept.rows; row++)
            if (rows_has(rows, row))
                *to++ = (char)('0' + row);
        *to = '\0';
        if (strcmp(seen, cases[i].rows) != 0)
            fail_msg("%s finds %s, not %s", cases[i].query, seen, cases[i].rows);
        free(rows);
    }
}

static void bad_queries_say_where(void **state)
{
    static const struct {
        const char *query, *place; /* "character N:" */
    } cases[] = {
        {"(root", "character 6:"},
        {"root)", "character 5:"},
        {"\"root", "character 1:"},
        {"user.name:", "character 11:"},
        {"user.name: and root", "character 11:"},
        {"user.name: not root", "character 11:"},
        {"user.name:\"\"", "character 11:"},
        {"\"\"", "character 1:"},
        {"a = b", "character 3:"},
        {"a == b", "character 3:"},
        {"a != b", "character 3:"},
        {"a >= b", "character 3:"},
        {"a &&", "character 5:"},
        {"|| a", "character 1:"},
        {"!", "character 2:"},
        {"_exists_:", "character 10:"},
        {"a.b:{1 TO 2)", "character 5:"},
        {"root and", "character 9:"},
        {"root or", "character 8:"},
        {"or root", "character 1:"},
        {"root and or x", "character 10:"},
        {"not", "character 4:"},
        {"()", "character 2:"},
        {"a.b:\"x", "character 5:"},
        {"a.b:>x", "character 5:"},
        {"a.b:>=", "character 5:"},
        {"a.b:10.0.0.0/33", "character 5:"},
        {"a.b:2001:db8::/129", "character 5:"},
        {"a.b:10.0.0.0/99999999999999999999999", "character 5:"},
        {"a.b:[1 TO 2", "character 5:"},
        {"a.b:[1 2]", "character 5:"},
        {"a.b:[1 TO x]", "character 5:"},
        {"a.b:[1 TO 2 3]", "character 5:"},
        {"a.b:[]", "character 5:"},
        {"a.b:/(/", "character 5:"},
        {"x a.b:/[a/", "character 7:"},
        {"a.b:/a{1,30000}/", "character 5:"},
        {"a.b:/(a{100}b){11}/", "character 5:"},
        /* Each + around or behind another doubles what there is: 2 to the power of 40 here. */
        {"a.b:/a++++++++++++++++++++++++++++++++++++++++/", "character 5:"},
        {"a.b:/((((((((((a+)+)+)+b)+)+)+)+)+)+)+/", "character 5:"},
        {"a.b:/(((a{100}+)*+)?+)+/", "character 5:"},
        {"a.b:(x or)", "character 10:"},
        {"a.b :", "character 6:"},
        {"a.b : and x", "character 6:"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP(query_freep) struct query *q = NULL;
        struct err e = {0};
        int rc = query_read(&q, str_of(cases[i].query), NULL, &e);

        if (rc != ERR_USAGE || !strstr(e.text, cases[i].place) || q)
            fail_msg("%s: %d %s", cases[i].query, rc, e.text);
    }
}

/* What other languages of queries have, and what is to be written here. */
static void what_cannot_be_meant_is_refused_with_what_to_write(void **state)
{
    static const struct {
        const char *query, *place, *instead;
    } cases[] = {
        {"user.name=eva", "character 1:", "field:value"},
        {"user.name==eva", "character 1:", "field:value"},
        {"user.name!=eva", "character 1:", "not field:value"},
        {"user.name !=eva", "character 11:", "not field:value"},
        {"user.name =eva", "character 11:", "field:value"},
        {"user.name=~eva", "character 1:", "field:value"},
        {"tag=odd", "character 1:", "field:value"},
        {"a!=b", "character 1:", "not field:value"},
        {"user.name:=eva", "character 11:", "field:value"},
        {"user.name:!=eva", "character 11:", "field:value"},
        {"*:eva", "character 1:", "a word alone"},
        {"* : eva", "character 1:", "a word alone"},
        {"user.*:eva", "character 1:", "a word alone"},
        {"root and user.* : eva", "character 10:", "a word alone"},
        {"*.ip:10.0.0.0/8", "character 1:", "a word alone"},
        {"user.\\*:eva", "character 1:", "a word alone"},
        {"_exists_:user.*", "character 1", "a word alone"},
        {"\"user.name\":eva", "character 12:", "no quotes"},
        {"\"user.name\" : eva", "character 12:", "no quotes"},
        {"(user.name):eva", "character 12:", "no quotes"},
        {"a.b : : x", "character 7:", "a colon that is text is quoted"},
        {": x", "character 1:", "name of a field"},
        {"source.ip:!10.0.0.0/8", "character 11:", "not field:value"},
        {"source.ip:10.0.0.5-10.0.0.9", "character 11:", "is a network"},
        {"source.ip:2001:db8::1-2001:db8::9", "character 11:", "is a network"},
        {"source.ip:[10.0.0.0 TO 10.0.0.5]", "character 11:", "of addresses it is a network"},
        {"user.name:[a TO b]", "character 11:", "of numbers or times"},
        {"source.port:65000..65100", "character 13:", "[FROM TO UNTIL]"},
        {"user.name:'eva'", "character 11:", "quoted with \""},
        {"user.name:\xE2\x80\x9C"
         "eva\xE2\x80\x9D",
         "character 11:", "quoted with \""},
        {"user.name:('eva')", "character 12:", "quoted with \""},
        {"'failed password'", "character 1:", "quoted with \""},
        {"\xC2\xAB"
         "failed password\xC2\xBB",
         "character 1:", "quoted with \""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP(query_freep) struct query *q = NULL;
        struct err e = {0};
        int rc = query_read(&q, str_of(cases[i].query), NULL, &e);

        if (rc != ERR_USAGE || !strstr(e.text, cases[i].place) ||
            !strstr(e.text, cases[i].instead) || q)
            fail_msg("%s: %d %s", cases[i].query, rc, e.text);
    }
}

static void long_and_deep_queries_have_an_end(void **state)
{
    static const char *const units[] = {"(",     "not ", "!",  "-(",  "a >= ", "\\(", "a ",
                                        "a or ", "x:(",  "\"", "a:/", "a:[",   ")"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(units); i++)
        for (size_t count = 60; count < 3000; count += 97) {
            CLEANUP(query_freep) struct query *q = NULL;
            CLEANUP_BUF struct buf text = {0};
            struct err e = {0};
            int rc;

            for (size_t k = 0; k < count; k++)
                buf_adds(&text, units[i]);
            buf_adds(&text, "a");
            rc = query_read(&q, buf_str(&text), NULL, &e);
            assert_true(rc == 0 || rc == ERR_USAGE || rc == ERR_LIMIT);
            assert_true(rc == 0 || e.text[0]);
        }
}

enum kind { AND, OR, NOT, HOLDS, IS, QUOTED, GLOB, REGEX, NETWORK, ABOVE, BETWEEN, THERE, STATE };

/* A question, and how it is answered without blocks. */
struct tree {
    enum kind kind;
    struct tree *left, *right;
    const char *field, *text;
    double low, high;
};

static const char *pick(uint64_t *seed, const char *const *from, size_t count)
{
    return from[seed_below(seed, count)];
}
#define PICK(seed, from) pick(seed, from, COUNT_OF(from))

static struct tree *grow(struct arena *a, uint64_t *seed, int depth)
{
    static const char *const globs[] = {"*",   "r*t",   "?oot",  "10.*",
                                        "*a*", "/wp-*", "gr??e", "*1?3"};
    static const char *const regexes[] = {"^r",
                                          "o+t$",
                                          "[0-9]+",
                                          "^(alice|bob)",
                                          "pass.*d",
                                          "^$",
                                          "al*ice",
                                          "led|port",
                                          "r(oo|x)t",
                                          "pass(word)?x*",
                                          "wp-l{1,2}ogin",
                                          "[]b]ob?",
                                          "12[[:alpha:]]+",
                                          "\\.1 port"};
    static const char *const networks[] = {"10.0.0.0/8",     "10.0.0.0/31",   "0.0.0.0/0",
                                           "192.168.1.5/32", "2001:db8::/32", "2001:db8::1/128"};
    static const char *const words[] = {"ro", "FAIL", "pass", "o", "10.", "x*y", "\xC3\xB6"};
    static const char *const states[] = {"y", "z",  "o",      "r",       "*",
                                         "s", "ns", "logged", "created", "none"};
    static const char *const parts[] = {"doubt", "precision", "meaning"};
    struct tree *t = arena_new_in(a, struct tree);

    t->kind = (enum kind)(depth ? seed_below(seed, STATE + 1)
                                : HOLDS + seed_below(seed, STATE - HOLDS + 1));
    t->field = PICK(seed, field_samples);
    t->low = (double)(int)seed_below(seed, 600) - 50;
    t->high = t->low + (double)(int)seed_below(seed, 600);
    if (t->kind <= NOT)
        t->left = grow(a, seed, depth - 1);
    if (t->kind < NOT)
        t->right = grow(a, seed, depth - 1);
    t->text = t->kind == HOLDS     ? PICK(seed, words)
              : t->kind == GLOB    ? PICK(seed, globs)
              : t->kind == REGEX   ? PICK(seed, regexes)
              : t->kind == NETWORK ? PICK(seed, networks)
              : t->kind == STATE   ? PICK(seed, states)
                                   : PICK(seed, value_samples);
    if (t->kind == STATE)
        t->field = PICK(seed, parts);
    /* Only in quotes: what the language reads otherwise, and words where numbers are meant. */
    if (t->kind == IS && (strpbrk(t->text, " *?") || (strcmp(t->field, "process.pid") == 0 &&
                                                      !strpbrk(t->text, "0123456789"))))
        t->kind = QUOTED;
    return t;
}

static const char *colon(const struct tree *t, uint64_t *seed)
{
    static const char *const spellings[] = {":", " :", ": ", "\t: "};
    bool is_word = t->kind == IS && strcmp(t->text, "or") == 0;

    return spellings[seed_below(seed, is_word ? 2 : COUNT_OF(spellings))];
}

static void print(struct buf *out, const struct tree *t, uint64_t *seed)
{
    bool has_brackets = t->kind <= OR || seed_below(seed, 5) == 0;

    buf_adds(out, has_brackets ? "(" : "");
    switch (t->kind) {
    case AND:
    case OR:
        print(out, t->left, seed);
        buf_adds(out, t->kind == OR ? (seed_below(seed, 2) ? " or " : " OR ")
                                    : (seed_below(seed, 2) ? " and " : "  "));
        print(out, t->right, seed);
        break;
    case NOT:
        buf_adds(out, seed_below(seed, 2) ? "not " : "NOT ");
        print(out, t->left, seed);
        break;
    case HOLDS:
        buf_addf(out, "\"%s\"", t->text);
        break;
    case QUOTED:
        buf_addf(out, "%s%s\"%s\"", t->field, colon(t, seed), t->text);
        break;
    case REGEX:
        buf_addf(out, "%s%s/%s/", t->field, colon(t, seed), t->text);
        break;
    case ABOVE:
        buf_addf(out, "%s%s>%g", t->field, colon(t, seed), t->low);
        break;
    case BETWEEN:
        buf_addf(out, "%s%s[%g TO %g]", t->field, colon(t, seed), t->low, t->high);
        break;
    case THERE:
        buf_addf(out, "%s%s*", t->field, colon(t, seed));
        break;
    default:
        buf_addf(out, "%s%s%s", t->field, colon(t, seed), t->text);
    }
    buf_adds(out, has_brackets ? ")" : "");
}

/* By trying every length of each star. */
static bool fits(const char *value, const char *glob)
{
    if (*glob == '*')
        return fits(value, glob + 1) || (*value && fits(value + 1, glob));
    if (!*glob || !*value)
        return *glob == *value;
    if (*glob == '?') {
        size_t len = 1;

        while (((uint8_t)value[len] & 0xC0) == 0x80)
            len++;
        return fits(value + len, glob + 1);
    }
    return strncasecmp(value, glob, 1) == 0 && fits(value + 1, glob + 1);
}

static bool address(const char *text, uint8_t out[16])
{
    uint8_t v4[4];

    if (inet_pton(AF_INET6, text, out) == 1)
        return true;
    if (inet_pton(AF_INET, text, v4) != 1)
        return false;
    memset(out, 0, 10);
    memset(out + 10, 0xFF, 2);
    memcpy(out + 12, v4, 4);
    return true;
}

static bool is_within(const char *value, const char *network)
{
    char name[64];
    uint8_t a[16], b[16];
    unsigned bits;

    snprintf(name, sizeof(name), "%s", network);
    bits = (unsigned)strtoul(strchr(name, '/') + 1, NULL, 10) + (strchr(name, ':') ? 0 : 96);
    *strchr(name, '/') = '\0';
    if (!address(value, a) || !address(name, b))
        return false;
    for (unsigned i = 0; i < bits; i++)
        if ((a[i / 8] ^ b[i / 8]) >> (7 - i % 8) & 1)
            return false;
    return true;
}

static bool fits_regex(const char *value, const char *text)
{
    regex_t regex;
    bool is_found;

    assert_int_equal(regcomp(&regex, text, REG_EXTENDED | REG_ICASE | REG_NOSUB), 0);
    is_found = regexec(&regex, value, 0, NULL, 0) == 0;
    regfree(&regex);
    return is_found;
}

static bool is_of_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || (c & 0x80);
}

/* By every place at which words can begin. */
static bool has_words(const char *value, const char *text)
{
    size_t len = strlen(text);

    for (size_t i = 0; strlen(value) >= i + len; i++) {
        char before = i ? value[i - 1] : ' ', behind = value[i + len];

        if (strncasecmp(value + i, text, len) == 0 &&
            !(is_of_word(before) && is_of_word(text[0])) &&
            !(is_of_word(behind) && is_of_word(text[len - 1])))
            return true;
    }
    return false;
}

static bool is_so(const struct tree *t, const char *value)
{
    bool is_text = strcmp(t->field, "message") == 0;
    char *end;
    double n = strtod(value, &end);
    bool is_number = *end == '\0' && *value;

    switch (t->kind) {
    case HOLDS:
        return strcasestr(value, t->text) != NULL;
    case IS:
    case QUOTED:
        return is_text ? has_words(value, t->text) : strcasecmp(value, t->text) == 0;
    case GLOB:
        return fits(value, t->text);
    case REGEX:
        return fits_regex(value, t->text);
    case NETWORK:
        return is_within(value, t->text);
    case ABOVE:
        return is_number && n > t->low;
    case BETWEEN:
        return is_number && n >= t->low && n <= t->high;
    default:
        return true;
    }
}

static bool has_state(const struct tree *t, const struct row *row)
{
    bool is_any = strcmp(t->text, "*") == 0;

    if (strcmp(t->field, "precision") == 0)
        return is_any || strcmp(event_precision_names[row->precision], t->text) == 0;
    if (strcmp(t->field, "meaning") == 0)
        return is_any || strcmp(event_meaning_names[row->meaning], t->text) == 0;
    for (int i = 0; i < 8; i++)
        if (row->doubt >> i & 1 &&
            (is_any || (t->text[0] == EVENT_DOUBT_LETTERS[i] && !t->text[1])))
            return true;
    return false;
}

static bool answer(const struct tree *t, const struct row *row)
{
    if (t->kind == AND)
        return answer(t->left, row) && answer(t->right, row);
    if (t->kind == OR)
        return answer(t->left, row) || answer(t->right, row);
    if (t->kind == NOT)
        return !answer(t->left, row);
    if (t->kind == STATE)
        return has_state(t, row);
    for (size_t i = 0; i < row->count; i++)
        if ((t->kind == HOLDS || strcmp(row->fields[i].name, t->field) == 0) &&
            is_so(t, row->fields[i].value))
            return true;
    return false;
}

static void make_rows(struct row *rows, uint64_t *seed)
{
    for (size_t i = 0; i < ROWS; i++) {
        rows[i] = (struct row){.precision = (uint8_t)seed_below(seed, TIME_COUNT_),
                               .doubt = (uint8_t)(seed_below(seed, 2) ? 0 : seed_below(seed, 256)),
                               .meaning = (uint8_t)seed_below(seed, 3),
                               .count = (size_t)seed_below(seed, FIELDS + 1)};
        for (size_t k = 0; k < rows[i].count; k++) {
            rows[i].fields[k].name = PICK(seed, field_samples);
            rows[i].fields[k].value = PICK(seed, value_samples);
        }
    }
}

static void seeded_queries_find_what_a_slow_reading_finds(void **state)
{
    size_t found = 0, asked = 0;

    (void)state;
    for (uint64_t n = 0; n < 20; n++) {
        CLEANUP(kept_release) struct kept kept = {0};
        CLEANUP(block_closep) struct block *b = NULL;
        CLEANUP_FREE struct row *table = mem_array(ROWS, sizeof(table[0]));
        CLEANUP_FREE struct rows *rows = mem_new(struct rows);
        uint64_t seed = n;

        make_rows(table, &seed);
        write_rows(&kept, table, ROWS);
        assert_int_equal(block_open(&b, buf_str(&kept.bytes), buf_str(&kept.lines), ROWS, NULL), 0);
        for (int i = 0; i < 200; i++) {
            CLEANUP(arena_freep) struct arena *a = arena_new();
            CLEANUP(query_freep) struct query *q = NULL;
            CLEANUP_BUF struct buf text = {0};
            struct tree *t = grow(a, &seed, DEPTH);
            struct err e = {0};

            print(&text, t, &seed);
            if (query_read(&q, buf_str(&text), NULL, &e))
                fail_msg("%s: %s", buf_text(&text), e.text);
            assert_int_equal(
                query_match(q, b, &(struct query_about){.source = STR("s")}, rows, NULL), 0);
            for (size_t row = 0; row < ROWS; row++) {
                if (rows_has(rows, row) != answer(t, &table[row]))
                    fail_msg("%s: row %zu of %llu is %sfound", buf_text(&text), row,
                             (unsigned long long)n, rows_has(rows, row) ? "" : "not ");
                found += rows_has(rows, row);
                asked++;
            }
        }
    }
    assert_in_range(found, asked / 10, asked / 10 * 9);
}

static uint32_t folded(wint_t c, size_t size)
{
    char in[4];
    CLEANUP_BUF struct buf out = {0};

    if (size == 2) {
        in[0] = (char)(0xC0 | c >> 6);
    } else {
        in[0] = (char)(0xE0 | c >> 12);
        in[1] = (char)(0x80 | (c >> 6 & 0x3F));
    }
    in[size - 1] = (char)(0x80 | (c & 0x3F));
    letters_small(&out, (struct str){in, size});
    assert_int_equal(out.len, size);
    return size == 2 ? (uint32_t)(out.p[0] & 0x1F) << 6 | (uint32_t)(out.p[1] & 0x3F)
                     : (uint32_t)(out.p[0] & 0xF) << 12 | (uint32_t)(out.p[1] & 0x3F) << 6 |
                           (uint32_t)(out.p[2] & 0x3F);
}

/* What is meant is every letter of those scripts; towlower is glibc's. */
static void small_letters_are_those_of_the_c_library(void **state)
{
    static const struct {
        wint_t first, last;
    } scripts[] = {{0xC0, 0x17F},  {0x1CD, 0x1EF},   {0x1F8, 0x21F},
                   {0x222, 0x233}, {0x386, 0x3CE},   {0x400, 0x52F},
                   {0x531, 0x586}, {0x1E00, 0x1EFF}, {0xFF21, 0xFF5A}};
    char *before = strdup(setlocale(LC_CTYPE, NULL));
    size_t letters = 0;

    (void)state;
    assert_non_null(setlocale(LC_CTYPE, "C.UTF-8"));
    for (size_t i = 0; i < COUNT_OF(scripts); i++)
        for (wint_t c = scripts[i].first; c <= scripts[i].last; c++) {
            size_t size = c < 0x800 ? 2 : 3;
            wint_t small = towlower(c);
            bool is_same_size = size == 2 ? small >= 0x80 && small < 0x800 : small >= 0x800;

            letters += small != c;
            if (folded(c, size) != (is_same_size ? small : c))
                fail_msg("U+%04X becomes U+%04X, not U+%04X", c, folded(c, size), small);
        }
    setlocale(LC_CTYPE, before);
    free(before);
    assert_in_range(letters, 400, 900);
}

static void addresses_are_spelled_as_rfc_5952_has_them(void **state)
{
    /* The examples of its sections 1, 2 and 4. */
    static const struct {
        const char *text, *spelled;
    } cases[] = {
        {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
        {"2001:0db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
        {"2001:db8::0:1:0:0:1", "2001:db8::1:0:0:1"},
        {"2001:DB8:0:0:1::1", "2001:db8::1:0:0:1"},
        {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
        {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},
        {"2001:db8:aaaa:bbbb:cccc:dddd:eeee:AAAA", "2001:db8:aaaa:bbbb:cccc:dddd:eeee:aaaa"},
        {"::ffff:192.0.2.1", "192.0.2.1"},
        {"192.0.2.1", "192.0.2.1"},
        {"web1:22", "web1:22"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char out[ADDRESS_TEXT_SIZE];
        struct str spelled = address_spelled(str_of(cases[i].text), out);

        if (!str_is(spelled, cases[i].spelled))
            fail_msg("%s becomes " STR_FMT, cases[i].text, STR_ARG(spelled));
    }
}

/* Of two letters one may be nowhere: the text is found all the same, over any distance. */
static void texts_are_found_at_any_place(void **state)
{
    CLEANUP_BUF struct buf in = {0};

    (void)state;
    buf_addn(&in, 'D', 5000);
    for (size_t at = 0; at + 6 <= in.len; at += 37) {
        memcpy(in.p + at, "FaiLeD", 6);
        assert_ptr_equal(find_alike(buf_str(&in), STR("failed")), in.p + at);
        memset(in.p + at, 'D', 6);
    }
    assert_null(find_alike(buf_str(&in), STR("failed")));
    assert_null(find_alike(STR("fail"), STR("failed")));
    assert_non_null(find_alike(STR(""), STR("")));
}

/* The text is where the library's own search of small and large letters finds it. */
static void a_text_is_found_where_strcasestr_finds_it(void **state)
{
    static const char letters[] = "aAbB@`{[\xe1\xc1";
    uint64_t seed = 20261128;

    (void)state;
    for (int turn = 0; turn < 200000; turn++) {
        char in[201] = {0}, text[8] = {0};
        size_t len = seed_below(&seed, sizeof(in)), text_len = 1 + seed_below(&seed, 7);
        size_t kinds = 2 + seed_below(&seed, sizeof(letters) - 2);

        for (size_t i = 0; i < len; i++)
            in[i] = letters[seed_below(&seed, kinds)];
        for (size_t i = 0; i < text_len; i++) {
            char c = letters[seed_below(&seed, kinds)];

            text[i] = c == 'A' || c == 'B' ? (char)(c | 0x20) : c;
        }
        if (find_alike((struct str){in, len}, (struct str){text, text_len}) != strcasestr(in, text))
            fail_msg("%s in %s", text, in);
    }
}

static void join_some(struct buf *out, uint64_t *seed, const char *const from[], size_t count)
{
    buf_clear(out);
    for (uint64_t i = 1 + seed_below(seed, 6); i > 0; i--)
        buf_adds(out, from[seed_below(seed, count)]);
}

/* Against the C library's own reading in this locale. Letters of Unicode that are alike to i, k and
 * s are among them. */
static void what_an_expression_needs_is_in_all_that_fits(void **state)
{
    static const char *const parts[] = {"abcd",
                                        "Abx=",
                                        "a",
                                        "B",
                                        "ab",
                                        "k",
                                        "S",
                                        "i",
                                        "[ab]",
                                        "[^]a]",
                                        "(a|b)",
                                        "(ab)+",
                                        "\\.",
                                        "x*",
                                        "b?",
                                        "c{0,2}",
                                        "d{2}",
                                        "|",
                                        "^",
                                        "$",
                                        ".",
                                        "[[:alpha:]]",
                                        "=",
                                        "\xC3\xB6",
                                        "(x|y?)",
                                        "\\bab",
                                        "[a-c]",
                                        "[^0-9]",
                                        "[]-]",
                                        "\\w+",
                                        "\\S",
                                        "\\s*",
                                        "(a(b|c){1,3})*",
                                        "d{,2}",
                                        "[[:upper:]d]",
                                        "()",
                                        "(^a|b$)",
                                        "[+--]",
                                        "c{1,}",
                                        ")",
                                        "\\(",
                                        "[0-z]"};
    static const char *const letters[] = {
        "aBcd",     "abx=", "a",        "b",        "AB", "k",  "\xE2\x84\xAA",
        "\xC5\xBF", "I",    "\xC4\xB1", "\xC4\xB0", "x",  "cc", "dd",
        ".",        "=",    "]",        "\xC3\xB6", " "};
    uint64_t seed = 7;
    unsigned asked = 0, fitting = 0, needing = 0, quick = 0;

    (void)state;
    assert_non_null(setlocale(LC_CTYPE, "C.UTF-8"));
    for (int n = 0; n < 20000; n++) {
        CLEANUP_BUF struct buf text = {0};
        CLEANUP_BUF struct buf value = {0};
        CLEANUP(value_test_release) struct value_test t = {0};

        join_some(&text, &seed, parts, COUNT_OF(parts));
        struct buf values[8] = {0};
        struct str all[8];
        uint8_t wanted[8], is_true[8];

        if (value_test_regex(&t, buf_str(&text), NULL))
            continue;
        for (int i = 0; i < 8; i++) {
            bool fits;

            join_some(&value, &seed, letters, COUNT_OF(letters));
            fits = fits_regex(buf_text(&value), buf_text(&text));
            buf_addstr(&values[i], buf_str(&value));
            all[i] = buf_str(&values[i]);
            wanted[i] = fits;
            if (value_test(&t, buf_str(&value)) != fits)
                fail_msg("/%s/ and %s", buf_text(&text), buf_text(&value));
            if (fits && !find_alike(buf_str(&value), value_test_needs(&t)))
                fail_msg("/%s/ and %s: not needed", buf_text(&text), buf_text(&value));
            asked++;
            fitting += fits;
        }
        value_test_all(&t, all, COUNT_OF(all), is_true);
        if (memcmp(wanted, is_true, sizeof(wanted)) != 0)
            fail_msg("/%s/ of eight values at once", buf_text(&text));
        for (size_t i = 0; i < COUNT_OF(values); i++)
            buf_release(&values[i]);
        needing += value_test_needs(&t).len > 0;
        quick += t.ascii != NULL;
    }
    (void)setlocale(LC_CTYPE, "C");
    assert_in_range(fitting, asked / 10, asked / 10 * 9);
    assert_in_range(needing, 1000, 20000);
    assert_in_range(quick, 5000, 20000);
}

/* More sets of steps than are kept at once. */
static void an_expression_of_many_states_is_answered_all_the_same(void **state)
{
    static const char text[] = "(a|b)*a(a|b){12}c";
    CLEANUP(value_test_release) struct value_test t = {0};
    CLEANUP_BUF struct buf value = {0};
    uint64_t seed = 11;
    unsigned fitting = 0;
    struct buf values[400] = {0};
    struct str all[400];
    uint8_t wanted[400], is_true[400];

    (void)state;
    assert_int_equal(value_test_regex(&t, str_of(text), NULL), 0);
    assert_non_null(t.ascii);
    for (int n = 0; n < 400; n++) {
        bool fits;

        buf_clear(&value);
        for (uint64_t i = seed_below(&seed, 300); i > 0; i--)
            buf_addc(&value, "abbaababc"[seed_below(&seed, n % 2 ? 9 : 8)]);
        buf_addc(&value, 'c');
        fits = fits_regex(buf_text(&value), text);
        assert_int_equal(value_test(&t, buf_str(&value)), fits);
        fitting += fits;
        buf_addstr(&values[n], buf_str(&value));
        all[n] = buf_str(&values[n]);
        wanted[n] = fits;
    }
    assert_in_range(fitting, 40, 360);
    value_test_all(&t, all, COUNT_OF(all), is_true);
    assert_memory_equal(wanted, is_true, sizeof(wanted));
    for (size_t i = 0; i < COUNT_OF(values); i++)
        buf_release(&values[i]);
}

static void numbers_of_64_bits_are_compared_exactly(void **state)
{
    static const struct {
        const char *value;
        long double low;
        bool is_in;
    } cases[] = {{"9007199254740992", 9007199254740993.0L, false},
                 {"9007199254740993", 9007199254740993.0L, true},
                 {"18446744073709551614", 18446744073709551615.0L, false},
                 {"18446744073709551615", 18446744073709551615.0L, true}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct value_test t = {.kind = TEST_NUMBER, .low = cases[i].low, .high = INFINITY};

        assert_int_equal(value_test(&t, str_of(cases[i].value)), cases[i].is_in);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_of_64_bits_are_compared_exactly),
        cmocka_unit_test(the_terms_of_the_document_find_their_rows),
        cmocka_unit_test(bad_queries_say_where),
        cmocka_unit_test(what_cannot_be_meant_is_refused_with_what_to_write),
        cmocka_unit_test(long_and_deep_queries_have_an_end),
        cmocka_unit_test(seeded_queries_find_what_a_slow_reading_finds),
        cmocka_unit_test(small_letters_are_those_of_the_c_library),
        cmocka_unit_test(addresses_are_spelled_as_rfc_5952_has_them),
        cmocka_unit_test(texts_are_found_at_any_place),
        cmocka_unit_test(a_text_is_found_where_strcasestr_finds_it),
        cmocka_unit_test(what_an_expression_needs_is_in_all_that_fits),
        cmocka_unit_test(an_expression_of_many_states_is_answered_all_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
