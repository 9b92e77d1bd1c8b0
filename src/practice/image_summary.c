/* image_summary.c: takes the summary of an image apart, line by line, and believes its form alone.
 */
#include "practice/image_summary.h"
#include "base/hash.h"
#include "base/utc.h"

enum { WORD_COLUMNS = 22, VALUE_SIZE_MAX = 16 << 10, RUNS_TAKEN = 20, MADE_BY_SIZE = 64 };

#define FIRST_LINE "Disk image made by calm "

enum value_kind {
    VALUE_TEXT,
    VALUE_NUMBER, /* at its beginning */
    VALUE_TIME,
    VALUE_YES,  /* "yes": 1 */
    VALUE_USES, /* "no": nothing */
    VALUE_HERE, /* that it is there: 1 */
    VALUE_BACK, /* what reading back said */
};

/* What the lines of a summary are called, and what that is to the helper. */
static const struct line_word {
    const char *word; /* as it stands, with the two spaces of what belongs to a word before */
    enum value_kind kind;
    bool is_fact;
    const char *name;
} words[] = {
    {"source", VALUE_TEXT, true, "path"},
    {"  make", VALUE_TEXT, true, "vendor"},
    {"  model", VALUE_TEXT, true, "model"},
    {"  serial number", VALUE_TEXT, true, "serial"},
    {"  WWN", VALUE_TEXT, true, "wwn"},
    {"  bytes", VALUE_NUMBER, true, "size"},
    {"  bytes, natively", VALUE_NUMBER, true, "native-size"},
    {"  bytes, as made", VALUE_NUMBER, true, "factory-size"},
    {"  bytes of a sector", VALUE_NUMBER, true, "sector"},
    {"  of a physical one", VALUE_NUMBER, true, "physical-sector"},
    {"  write-protected", VALUE_YES, true, "read-only"},
    {"  held for us alone", VALUE_YES, true, "exclusive"},
    {"  in use", VALUE_USES, true, "uses"},
    {"  note", VALUE_TEXT, true, "note"},
    {"  LIVE", VALUE_HERE, false, "live"},
    {"  CHANGED", VALUE_TEXT, false, "changed"},
    {"  its own hashes", VALUE_TEXT, false, "stated"},
    {"  its damage", VALUE_TEXT, false, "damage"},
    {"machine", VALUE_TEXT, true, "host"},
    {"begun", VALUE_TIME, false, "begun"},
    {"ended", VALUE_TIME, false, "ended"},
    {"  not bound", VALUE_TEXT, false, "unbound"},
    {"not readable", VALUE_NUMBER, false, "bad"},
    {"left unread", VALUE_NUMBER, false, "left"},
    {"the image", VALUE_BACK, false, "read-back"},
    {"  from", VALUE_TIME, false, "back-begun"},
    {"  to", VALUE_TIME, false, "back-ended"},
    {"case", VALUE_TEXT, false, "summary-case"},
    {"evidence", VALUE_TEXT, false, "summary-evidence"},
    {"description", VALUE_TEXT, false, "summary-description"},
    {"format", VALUE_TEXT, false, "options"},
    {"retries", VALUE_TEXT, false, "retries"},
    {"--leave-places", VALUE_HERE, false, "leave-places"},
    {"--in-order", VALUE_HERE, false, "in-order"},
    {"--accept-end", VALUE_HERE, false, "accept-end"},
};

static const struct {
    const char *word;
    size_t size;          /* bytes of it */
    const char *names[2]; /* of the source, and of what the image holds */
} hashes[] = {
    {"  MD5", 16, {"md5", "stored-md5"}},
    {"  SHA-1", 20, {"sha1", "stored-sha1"}},
    {"  SHA-256", 32, {"sha256", "stored-sha256"}},
};

struct summary {
    struct image_helper *helper;
    uint64_t seen; /* words[], bit by bit */
    unsigned seen_hashes[2];
    bool is_stored;       /* the hashes that follow are of what the image holds */
    bool is_files;        /* what follows are files */
    struct str sum, name; /* of a file whose second line comes next */
    struct runs_said {
        struct buf text;
        unsigned count;
    } runs[2];    /* of what could not be read, and of what was left unread */
    bool is_left; /* what comes is of the second */
    struct buf history;
    const struct list_word *list; /* whose lines these are; NULL: of none */
};

static int bad_form(struct err *e, struct str line)
{
    return err_set(e, ERR_FORMAT, "the summary has a line that calm-image does not write: %.*s",
                   (int)(line.len < 80 ? line.len : 80), line.p);
}

static struct str head_number(struct str value)
{
    size_t n = 0;

    while (n < value.len && value.p[n] >= '0' && value.p[n] <= '9')
        n++;
    return str_head(value, n);
}

/* As utc_plain writes it. */
static bool plain_time(struct str value, char out[UTC_TEXT_SIZE])
{
    enum { PLAIN_LEN = 23, DAY_LEN = 10, CLOCK_AT = 11, CLOCK_LEN = 8 };
    char text[UTC_TEXT_SIZE + 1];
    struct utc t;

    if (value.len != PLAIN_LEN || !str_ends(value, " UTC") || value.p[DAY_LEN] != ' ')
        return false;
    snprintf(text, sizeof(text), "%.*sT%.*s.000000000Z", DAY_LEN, value.p, CLOCK_LEN,
             value.p + CLOCK_AT);
    if (!utc_read(&t, (struct str){text, UTC_TEXT_SIZE}))
        return false;
    memcpy(out, text, UTC_TEXT_SIZE);
    return true;
}

/* *out is what the helper would have said. */
static bool spell(enum value_kind kind, struct str value, char time[UTC_TEXT_SIZE], struct str *out)
{
    uint64_t n;

    *out = value;
    switch (kind) {
    case VALUE_TEXT:
        return true;
    case VALUE_NUMBER:
        *out = head_number(value);
        return str_u64(*out, &n);
    case VALUE_TIME:
        *out = (struct str){time, UTC_TEXT_SIZE};
        return plain_time(value, time);
    case VALUE_YES:
        *out = str_is(value, "yes") ? STR("1") : STR("0");
        return str_is(value, "yes") || str_is(value, "no");
    case VALUE_USES:
        *out = str_is(value, "no") ? STR("") : value;
        return true;
    case VALUE_HERE:
        *out = STR("1");
        return true;
    case VALUE_BACK:
        *out = str_starts(value, "read back from the disk, and the same") ? STR("same")
               : str_starts(value, "reading back FAILED: ")               ? STR("failed")
               : str_is(value, "not read back")                           ? STR("no")
                                                                          : STR("different");
        return true;
    }
    BUG("a line of kind %d", (int)kind);
}

static void say(struct summary *s, bool is_fact, const char *name, struct str value)
{
    (is_fact ? image_helper_say_fact : image_helper_say_result)(s->helper, name, value);
}

static int take_word(struct summary *s, size_t at, struct str line, struct str value, struct err *e)
{
    const struct line_word *w = &words[at];
    char time[UTC_TEXT_SIZE];
    struct str spelled;

    if ((s->seen & (uint64_t)1 << at) || !spell(w->kind, value, time, &spelled))
        return bad_form(e, line);
    s->seen |= (uint64_t)1 << at;
    say(s, w->is_fact, w->name, spelled);
    s->is_left = strcmp(w->name, "left") == 0;
    if (strcmp(w->name, "read-only") == 0)
        say(s, true, "device", STR("1"));
    return 0;
}

static int take_hash(struct summary *s, size_t at, struct str line, struct str value, struct err *e)
{
    uint8_t bytes[32];
    unsigned bit = 1U << at;

    if ((s->seen_hashes[s->is_stored] & bit) || !hex_read(bytes, hashes[at].size, value))
        return bad_form(e, line);
    s->seen_hashes[s->is_stored] |= bit;
    say(s, false, hashes[at].names[s->is_stored], value);
    return 0;
}

/* "10240 to 10241", the first of them. */
static int take_run(struct summary *s, struct str line, struct str value, struct err *e)
{
    struct runs_said *runs = &s->runs[s->is_left];
    struct str rest = value, from = str_field(&rest), to;
    uint64_t n;
    bool is_run = str_u64(from, &n) && str_is(str_field(&rest), "to");

    to = str_field(&rest);
    if (!(is_run && str_u64(to, &n) && !rest.len) && !str_is(value, "and more: see the map"))
        return bad_form(e, line);
    if (runs->count++ < RUNS_TAKEN)
        buf_addf(&runs->text, "%s" STR_FMT, runs->text.len ? ", " : "", STR_ARG(value));
    return 0;
}

/* A sentence of what runs found. */
static int take_history(struct summary *s, struct str line, struct str value, struct err *e)
{
    bool is_first = s->list == NULL;

    if (!value.len || is_first != !s->history.len || s->history.len + value.len > VALUE_SIZE_MAX)
        return bad_form(e, line);
    buf_addf(&s->history, "%s" STR_FMT, is_first ? "" : " ", STR_ARG(value));
    return 0;
}

/* What has a line for each of many: the word is before the first of them alone. */
static const struct list_word {
    const char *word;
    int (*take)(struct summary *s, struct str line, struct str value, struct err *e);
} lists[] = {
    {"  sectors", take_run},
    {"  runs", take_history},
};

/* "  SUM  NAME", and below "      BYTES bytes, in FOLDER". */
static int take_file(struct summary *s, struct str line, struct err *e)
{
    struct str rest = line, bytes;
    struct hash sum;
    uint64_t n;

    if (s->name.len) {
        bytes = str_take(&rest, "      ") ? head_number(rest) : STR("");
        rest = str_from(rest, bytes.len);
        if (!str_u64(bytes, &n) || !str_take(&rest, " bytes, in ") || !rest.len)
            return bad_form(e, line);
        buf_addf(&s->helper->files, STR_FMT " " STR_FMT " " STR_FMT "/" STR_FMT "\n",
                 STR_ARG(bytes), STR_ARG(s->sum), STR_ARG(rest), STR_ARG(s->name));
        s->name = STR("");
        return 0;
    }
    if (!str_take(&rest, "  "))
        return bad_form(e, line);
    s->sum = str_cut(&rest, ' ');
    if ((!str_is(s->sum, "-") && !hex_read(sum.b, sizeof(sum.b), s->sum)) ||
        !str_take(&rest, " ") || !rest.len || memchr(rest.p, '/', rest.len))
        return bad_form(e, line);
    s->name = rest;
    return 0;
}

static int take_stored(struct summary *s, struct str line, struct err *e)
{
    struct str rest = line, size;
    uint64_t n;

    (void)str_take(&rest, "of what the image holds: ");
    size = head_number(rest);
    if (s->is_stored || !str_u64(size, &n))
        return bad_form(e, line);
    s->is_stored = true;
    image_helper_say_result(s->helper, "stored-size", size);
    return 0;
}

static int take_line(struct summary *s, struct str line, struct err *e)
{
    struct str word = str_head(line, WORD_COLUMNS);
    struct str value = str_from(line, word.len);

    while (word.len && word.p[word.len - 1] == ' ')
        word.len--;
    if (s->is_files)
        return take_file(s, line, e);
    if (str_starts(line, "files, which ") || str_starts(line, "files; ")) {
        s->is_files = true;
        return 0;
    }
    if (str_starts(line, "of what the image holds: "))
        return take_stored(s, line, e);
    if (s->list && !word.len)
        return s->list->take(s, line, value, e);
    s->list = NULL;
    for (size_t i = 0; i < COUNT_OF(lists); i++)
        if (str_is(word, lists[i].word)) {
            int rc = lists[i].take(s, line, value, e);

            s->list = &lists[i];
            return rc;
        }
    for (size_t i = 0; i < COUNT_OF(hashes); i++)
        if (str_is(word, hashes[i].word))
            return take_hash(s, i, line, value, e);
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (str_is(word, words[i].word))
            return take_word(s, i, line, value, e);
    return 0; /* what another version says more */
}

static bool is_plain(struct str line)
{
    for (size_t i = 0; i < line.len; i++)
        if ((uint8_t)line.p[i] < 0x20 || line.p[i] == 0x7f)
            return false;
    return !str_has_utf8_error(line) && line.len <= VALUE_SIZE_MAX;
}

static bool has(const struct summary *s, const char *name)
{
    return image_helper_fact(s->helper, name)[0] || image_helper_result(s->helper, name)[0];
}

/* Where nothing was filled up, what the image holds is what the source had. */
static int complete(struct summary *s, struct err *e)
{
    static const char *const needed[] = {"path", "size", "sector", "begun",  "ended",
                                         "bad",  "md5",  "sha1",   "sha256", "read-back"};

    for (size_t i = 0; i < COUNT_OF(needed); i++)
        if (!has(s, needed[i]))
            return err_set(e, ERR_FORMAT, "the summary is not whole: it lacks %s", needed[i]);
    if (s->name.len || !s->helper->files.len || (s->is_stored && s->seen_hashes[1] != 7))
        return err_set(e, ERR_FORMAT, "the summary is not whole: it is cut off");
    if (!s->is_stored) {
        for (size_t i = 0; i < COUNT_OF(hashes); i++)
            say(s, false, hashes[i].names[1],
                str_of(image_helper_result(s->helper, hashes[i].names[0])));
        say(s, false, "stored-size", str_of(image_helper_fact(s->helper, "size")));
    }
    if (s->history.len)
        say(s, false, "history", buf_str(&s->history));
    for (size_t i = 0; i < COUNT_OF(s->runs); i++) {
        struct runs_said *r = &s->runs[i];

        if (r->count > RUNS_TAKEN)
            buf_addf(&r->text, ", and %u runs more: see the map", r->count - RUNS_TAKEN);
        if (r->count)
            say(s, false, i ? "left-sectors" : "missing", buf_str(&r->text));
    }
    return 0;
}

int image_summary_read(struct image_helper *h, struct str text, struct err *e)
{
    struct summary s = {.helper = h};
    struct str line = str_cut(&text, '\n');
    int rc = 0;

    if (!str_take(&line, FIRST_LINE) || !is_plain(line) || line.len > MADE_BY_SIZE)
        return err_set(e, ERR_FORMAT, "it is not the summary of an image that calm-image made");
    image_helper_say_result(h, "program", line);
    while (rc == 0 && text.len) {
        line = str_cut(&text, '\n');
        if (!is_plain(line))
            rc = err_set(e, ERR_FORMAT, "the summary has bytes that calm-image does not write");
        else if (line.len)
            rc = take_line(&s, line, e);
    }
    if (rc == 0)
        rc = complete(&s, e);
    for (size_t i = 0; i < COUNT_OF(s.runs); i++)
        buf_release(&s.runs[i].text);
    buf_release(&s.history);
    return rc;
}
