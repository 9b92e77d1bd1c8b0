/* opening.c: opens a case without a question, and says what to do before there is one. */
#include "practice/opening.h"
#include <glob.h>
#include <time.h>
#include "base/sink.h"
#include "journal/note.h"
#include "practice/calm.h"
#include "practice/organisation.h"
#include "practice/own_secret.h"
#include "practice/seen.h"
#include "practice/texts.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/term.h"

enum { NAME_MAX_TRIES = 99 };

void opening_first_minutes(struct buf *out)
{
    static const char *const names[] = {"time", "utc", "clock"};
    char local[UTC_PLAIN_SIZE];
    char utc[UTC_PLAIN_SIZE];
    struct clock_reading now;
    struct str values[3];

    clock_read(&now);
    utc_local(local, now.time);
    utc_plain(utc, now.time);
    values[0] = (struct str){local + 11, 5};
    values[1] = (struct str){utc + 11, 5};
    values[2] = strcmp(now.clock, "ntp") == 0 ? STR("set by NTP") : STR("not checked");
    texts_fill(out, texts_help("first-minutes.txt"), names, values, COUNT_OF(values));
}

/* "wednesday": people call it by the day. */
static void weekday(char out[16])
{
    time_t now = time(NULL);
    struct tm tm;

    if (!localtime_r(&now, &tm) || strftime(out, 16, "%A", &tm) == 0)
        snprintf(out, 16, "case");
    for (char *c = out; *c; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c | 0x20);
}

static void case_path(struct buf *path, const char *name)
{
    CLEANUP_BUF struct buf file = {0};

    sink_filename(&file, str_of(name));
    buf_clear(path);
    buf_addf(path, "%s.calm", buf_text(&file));
}

/* A name that is free here: wednesday, wednesday-2 … */
static int free_name(struct buf *name, struct buf *path, struct err *e)
{
    char day[16];

    weekday(day);
    for (int i = 1; i <= NAME_MAX_TRIES; i++) {
        buf_clear(name);
        buf_addf(name, i == 1 ? "%s" : "%s-%d", day, i);
        case_path(path, buf_text(name));
        if (!file_is_there(buf_text(path)))
            return 0;
    }
    return err_set(e, ERR_USAGE,
                   "there are many cases here already; give this one a name: calm open NAME");
}

int opening_choose(const struct surroundings *around, const char *path, struct err *e)
{
    CLEANUP_BUF struct buf file = {0};
    CLEANUP_BUF struct buf text = {0};
    CLEANUP_FREE char *full = realpath(path, NULL);
    int rc;

    if (!around->state_folder || !full)
        return 0;
    rc = folder_make(around->state_folder, 0700, e);
    buf_addf(&file, "%s/current", around->state_folder);
    buf_addf(&text, "%s\n", full);
    return rc ? rc : file_write(buf_text(&file), buf_str(&text), 0600, e);
}

/* The folder of that name in which the other one lies. */
static void folder_beside(struct buf *out, const char *other, const char *name)
{
    struct str parent = str_of(other);

    while (parent.len && parent.p[parent.len - 1] == '/')
        parent.len--;
    while (parent.len && parent.p[parent.len - 1] != '/')
        parent.len--;
    buf_addstr(out, parent);
    buf_adds(out, name);
}

/* The recovery key goes to a file that only this user reads, never to the screen, which others see
 * and programs keep. */
static int write_recovery(const struct surroundings *around, const struct session_new *n,
                          struct session *s, struct buf *path, struct err *e)
{
    CLEANUP(buf_wipe) struct buf text = {0};
    CLEANUP_BUF struct buf folder = {0};
    CLEANUP_BUF struct buf file = {0};
    int rc;

    folder_beside(&folder, around->key_folder, "recovery");
    rc = folder_make(buf_text(&folder), 0700, e);
    if (rc)
        return rc;
    sink_filename(&file, str_of(n->name));
    buf_addf(path, "%s/%s-", buf_text(&folder), buf_text(&file));
    hex_add(path, state_case_id(session_state(s))->b, 4);
    buf_adds(path, ".txt");
    buf_addf(&text, RECOVERY_PAGE_HEAD "%s" RECOVERY_PAGE_CASE, n->name);
    hex_add(&text, state_case_id(session_state(s))->b, 32);
    buf_adds(&text, RECOVERY_PAGE_ADVICE);
    groups_write(&text, n->recovery_seed);
    buf_adds(&text, "\n");
    return file_create(buf_text(path), buf_str(&text), 0600, e);
}

static void say_open_lessons(const struct surroundings *around, struct answer *a)
{
    CLEANUP_BUF struct buf file = {0};
    CLEANUP_BUF struct buf text = {0};

    if (!around->state_folder)
        return;
    buf_addf(&file, "%s/lessons.txt", around->state_folder);
    if (file_read(&text, buf_text(&file), 1 << 16, NULL) != 0 || !text.len)
        return;
    buf_adds(&a->text, "\nFrom the last cases, still to do:\n");
    sink_terminal(&a->text, str_head(buf_str(&text), 1500), true);
}

static void say_opened(struct session *s, const char *path, const struct buf *recovery,
                       struct answer *a)
{
    CLEANUP_FREE char *full = realpath(path, NULL);
    char now[UTC_PLAIN_SIZE];
    struct json j;

    if (a->wants_json) {
        json_begin(&j, &a->json);
        json_object_begin(&j);
        json_put_text(&j, "folder", full);
        json_put_hex(&j, "case", state_case_id(session_state(s))->b, 32);
        json_put_text(&j, "recovery", buf_text(recovery));
        json_object_end(&j);
        return;
    }
    buf_addf(&a->text, "The record is open since %s.\n\n", utc_local(now, utc_now()));
    buf_adds(&a->text, "  case          ");
    sink_terminal(&a->text, str_of(full ? full : path), false);
    buf_adds(&a->text, "\n  recovery key  ");
    sink_terminal(&a->text, buf_str(recovery), false);
    buf_adds(&a->text,
             "\n                print it, lock it away, delete the file\n\n"
             "The case lies on this machine. If this machine may be affected, put it on a\n"
             "stick or another machine instead: calm open /media/STICK/NAME.calm\n");
}

/* The only case in this folder, which is taken before the one that was opened last. */
static char *only_case_here(void)
{
    char *found = NULL;
    glob_t g;

    if (glob("*.calm/case.db", GLOB_NOSORT, NULL, &g) != 0)
        return NULL;
    if (g.gl_pathc == 1) {
        g.gl_pathv[0][strlen(g.gl_pathv[0]) - strlen("/case.db")] = 0;
        found = realpath(g.gl_pathv[0], NULL);
    }
    globfree(&g);
    return found;
}

/* What is opened and what the next command would take can differ; a note in the wrong case cannot
 * be taken back. */
void opening_warn(const char *path, struct answer *a)
{
    const char *named = getenv("CALM_CASE");
    CLEANUP_FREE char *full = realpath(path, NULL);
    CLEANUP_FREE char *first = named && *named ? realpath(named, NULL) : only_case_here();

    if (a->wants_json || !full || !first || strcmp(first, full) == 0)
        return;
    buf_adds(&a->text, named && *named
                           ? "\nBut CALM_CASE names another case, which comes first:\n  "
                           : "\nBut another case lies here, and comes first here:\n  ");
    sink_terminal(&a->text, str_of(first), false);
    buf_adds(&a->text, "\nTo work in the one that you opened:\n  export CALM_CASE=");
    sink_terminal(&a->text, str_of(full), false);
    buf_addc(&a->text, '\n');
}

/* What is known of the organisation is there from the first minute. That it cannot be read must
 * hold nobody up. */
static void take_organisation(struct session *s, struct answer *a)
{
    CLEANUP(organisation_freep) struct organisation *o = NULL;
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_BUF struct buf said = {0};
    CLEANUP_BUF struct buf source = {0};
    struct organisation_counts counts;
    struct err why = {0};
    uint64_t first = 0;
    int rc = organisation_find(a->around, &path, NULL);

    if (rc)
        return;
    rc = organisation_read_file(&o, buf_text(&path), &why);
    if (rc == 0)
        rc = organisation_put(s, o, &counts, &first, &why);
    if (rc) {
        buf_adds(&a->text, "\nNothing was taken from the organisation file: ");
        sink_terminal(&a->text, str_of(why.text), false);
        buf_addc(&a->text, '\n');
        return;
    }
    organisation_say(&counts, &said);
    if (!said.len)
        return;
    organisation_source(o, &source);
    buf_adds(&a->text, "\nIn it already, from the ");
    sink_terminal(&a->text, buf_str(&source), false);
    buf_addf(&a->text, ":\n  %s\n  ", buf_text(&said));
    sink_terminal(&a->text, buf_str(&path), false);
    buf_adds(&a->text, "\nTo correct it: calm help load\n");
}

static int make_case(const char *name, const char *path, bool with_organisation, struct answer *a,
                     struct err *e)
{
    CLEANUP(session_closep) struct session *s = NULL;
    CLEANUP_SEEN struct seen seen = {0};
    CLEANUP_BUF struct buf warning = {0};
    CLEANUP_BUF struct buf recovery = {0};
    struct session_options options = {.ask = a->asks_nothing ? NULL : term_read_secret,
                                      .key_folder = a->around->key_folder,
                                      .model = a->around->model};
    char person[256];
    struct session_new n = {.name = name, .person = person};
    int rc;

    user_name(person, sizeof(person));
    rc = session_create(&s, path, &n, &options, e);
    if (rc == 0)
        rc = write_recovery(a->around, &n, s, &recovery, e);
    mem_wipe(n.recovery_seed, sizeof(n.recovery_seed));
    if (rc == 0)
        rc = opening_choose(a->around, path, e);
    if (rc)
        return rc;
    seen_begin(&seen, a->around, session_store(s), s, &warning);
    say_opened(s, path, &recovery, a);
    if (with_organisation)
        take_organisation(s, a);
    if (!a->wants_json) {
        say_open_lessons(a->around, a);
        opening_warn(path, a);
        buf_adds(&a->text, "\nNext:  calm note \"what I see\"\n       then phone one person you "
                           "trust, and calm shows the way\n");
    }
    return 0;
}

/* One that cannot be opened is chosen all the same; the next command says why. */
static void say_seen(const char *path, struct answer *a)
{
    CLEANUP(store_closep) struct store *store = NULL;
    CLEANUP_SEEN struct seen seen = {0};
    CLEANUP_BUF struct buf warning = {0};
    struct json j;

    if (store_open(&store, path, STORE_READ, NULL) == 0)
        seen_begin(&seen, a->around, store, NULL, &warning);
    sink_terminal(&a->text, buf_str(&warning), true);
    if (!a->wants_json)
        return;
    json_begin(&j, &a->json);
    json_object_begin(&j);
    if (warning.len)
        json_put_str(&j, "warning", buf_str(&warning));
    json_object_end(&j);
}

static int open_existing(const char *path, struct answer *a, struct err *e)
{
    int rc = opening_choose(a->around, path, e);

    if (rc)
        return rc;
    say_seen(path, a);
    buf_adds(&a->text, "This is the case now: ");
    sink_terminal(&a->text, str_of(path), false);
    buf_addc(&a->text, '\n');
    opening_warn(path, a);
    buf_adds(&a->text, "Next:  calm\n");
    return 0;
}

static bool is_export(const struct buf *path)
{
    CLEANUP_BUF struct buf journal = {0};

    buf_addf(&journal, "%s/journal.cj1", buf_text(path));
    return file_is_there(buf_text(&journal));
}

static int open_job(struct session *none, const struct operation *op, const struct input *in,
                    struct answer *a, struct err *e)
{
    CLEANUP_BUF struct buf given = {0};
    CLEANUP_BUF struct buf name = {0};
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_BUF struct buf db = {0};
    bool with = !input_has(op, in, "without-organisation");
    struct str base;
    int rc;

    (void)none;
    buf_addstr(&given, input_value(op, in, "name"));
    if (!given.len) {
        rc = free_name(&name, &path, e);
        return rc ? rc : make_case(buf_text(&name), buf_text(&path), with, a, e);
    }
    if (strchr(given.p, '/') || str_ends(buf_str(&given), ".calm"))
        buf_addstr(&path, buf_str(&given));
    else
        case_path(&path, given.p);
    buf_addf(&db, "%s/case.db", buf_text(&path));
    if (file_is_there(buf_text(&db)))
        return open_existing(buf_text(&path), a, e);
    if (is_export(&path))
        return err_set(
            e, ERR_USAGE,
            "%s is an export, not a case. Stand in your copy of the case, then: calm log "
            "merge %s. Without a copy, to make one of it: calm continue %s",
            buf_text(&path), buf_text(&path), buf_text(&path));
    base = buf_str(&path);
    while (base.len && base.p[base.len - 1] == '/')
        base.len--;
    for (size_t i = base.len; i-- > 0;)
        if (base.p[i] == '/') {
            base = str_from(base, i + 1);
            break;
        }
    if (strchr(given.p, '/') || str_ends(buf_str(&given), ".calm"))
        buf_addstr(&name, str_ends(base, ".calm") ? str_head(base, base.len - 5) : base);
    else
        buf_addstr(&name, buf_str(&given));
    return make_case(buf_text(&name), buf_text(&path), with, a, e);
}

static const struct field open_fields[] = {
    {.name = "name",
     .type = FIELD_PATH,
     .flags = FIELD_ARG,
     .help = "a name, or the folder of a case: a new one or one that exists"},
    {.name = "without-organisation",
     .type = FIELD_FLAG,
     .help = "take nothing from the organisation file of this machine or stick"},
};

const struct operation opening_open = {
    .name = "open",
    .practice = "calm",
    .help = "open a record, or choose one that exists; it asks nothing",
    .example = "calm open",
    .more = "Makes a folder NAME.calm here (the day's name when none is given), with you as its "
            "lead. The case should not lie on an affected "
            "system: put it on a stick or another machine. Where this machine, or the stick that "
            "calm runs from, has an organisation file (calm ready), a new case begins with what "
            "it says: calm load.",
    OP_FIELDS(open_fields),
    .type = OP_FREE,
    .faces = FACE_CLI,
    .records =
        WORDS("case/1", "person/1", "contact/1", "system/1", "channel/1", "backup/1", "law/1"),
    .job = open_job};
