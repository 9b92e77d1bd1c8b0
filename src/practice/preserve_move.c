/* preserve_move.c: what people did with an item goes on record, and what follows of it. */
#include "practice/preserve_move.h"
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include "base/sink.h"
#include "practice/custody.h"
#include "practice/custody_break.h"
#include "practice/custody_chain.h"
#include "practice/custody_table.h"
#include "practice/evidence.h"
#include "sys/file.h"

/* What a person says of an act, and what calm says of those that it does itself. */
#define CUSTODY_SAID                                                                               \
    {.name = "evidence",                                                                           \
     .type = FIELD_REF,                                                                            \
     .flags = FIELD_REQUIRED | FIELD_ARG,                                                          \
     .kind = "evidence",                                                                           \
     .help = "which item: e3"},                                                                    \
        {.name = "act",                                                                            \
         .type = FIELD_WORD,                                                                       \
         .flags = FIELD_REQUIRED | FIELD_ARG,                                                      \
         .choices = WORDS("handed-over", "received", "stored", "sealed", "opened", "examined",     \
                          "copied", "exported", "returned", "destroyed"),                          \
         .help = "what was done with it"},                                                         \
        {.name = "from", .type = FIELD_LINE, .help = "who gave it"},                               \
        {.name = "to", .type = FIELD_LINE, .help = "who took it"},                                 \
        {.name = "place", .type = FIELD_LINE, .help = "where it is now"},                          \
        {.name = "seal", .type = FIELD_LINE, .help = "the number of the seal"},                    \
        {.name = "because", .type = FIELD_LINE, .help = "what for"},                               \
    {                                                                                              \
        .name = "signed", .type = FIELD_LINE, .flags = FIELD_MANY,                                 \
        .help = "who signed, and how: on the form, here"                                           \
    }
static const struct field move_fields[] = {CUSTODY_SAID};
static const struct field custody_fields[] = {
    CUSTODY_SAID,
    {.name = "recipient",
     .type = FIELD_LINE,
     .flags = FIELD_MANY,
     .help = "of an export: the keys that can open it, or a passphrase"},
    {.name = "package", .type = FIELD_LINE, .help = "of an export: its SHA-256, once it is whole"},
    {.name = "outcome",
     .type = FIELD_LINE,
     .help = "of what was read: what came out; of that and an export: why it did not come about"},
};
const struct kind custody_kind = {.name = "custody",
                                  .prefix = "cu",
                                  .words = "custody",
                                  .change_words = "custody changed",
                                  KIND_FIELDS(custody_fields)};

static void say_quoted(struct decision *d, struct str text)
{
    sink_terminal(&d->say, text, false);
}

/* A hand-over that nobody recorded, a seal that nobody broke: what a defence asks for first. */
static void say_breaks(struct decision *d, const struct thing *item, struct utc when,
                       const struct custody_taken *taken)
{
    CLEANUP(custody_breaks_release) struct custody_breaks breaks = {0};
    const struct custody_act act = {.said = when,
                                    .seq = UINT64_MAX,
                                    .act = input_value(d->op, d->input, "act"),
                                    .from = input_value(d->op, d->input, "from"),
                                    .to = input_value(d->op, d->input, "to"),
                                    .seal = input_value(d->op, d->input, "seal")};

    custody_breaks_find(&breaks, d->view, item, taken, &act);
    for (size_t i = 0; i < breaks.count; i++) {
        const struct custody_break *b = &breaks.list[i];

        if (b->seq != act.seq)
            continue;
        if (b->holder.len) {
            buf_adds(&d->say, "By the record ");
            say_quoted(d, b->holder);
            buf_adds(&d->say, " has it, and this says that it came from ");
            say_quoted(d, b->from);
            buf_adds(&d->say, ". Is a hand-over missing? Record it too, with --at.\n");
        }
        if (b->seal.len) {
            buf_adds(&d->say,
                     b->before.len ? "By the record its seal is " : "By the record it was opened");
            say_quoted(d, b->before);
            buf_adds(&d->say, ", and this says ");
            say_quoted(d, b->seal);
            buf_adds(&d->say,
                     ". Was it opened or sealed in between? Record that too, with --at.\n");
        }
    }
}

/* What is on record stays so, and clocks may be wrong: so nothing is refused, and a slip is seen.
 */
static int say_doubts(struct decision *d, const struct thing *item, struct err *e)
{
    CLEANUP(custody_taken_release) struct custody_taken taken = {0};
    struct str said = d->input->values[d->op->field_count + COMMON_OCCURRED];
    char time[UTC_PLAIN_SIZE];
    bool is_said;
    struct utc when;
    int rc = custody_taken_read(&taken, d->view, item, e);

    if (rc)
        return rc;
    is_said = utc_read(&when, said);
    if (is_said && utc_cmp(when, utc_now()) > 0)
        buf_addf(&d->say,
                 "%s is still to come by the clock of this machine. If it is a slip, record it "
                 "once more with the right time, and say so with --because.\n",
                 utc_plain(time, when));
    if (is_said && custody_is_before(when, d->input->values[d->op->field_count + COMMON_PRECISION],
                                     taken.when))
        buf_addf(&d->say,
                 "By the record e%u was taken after that, %s. Its form says so. If it is a slip, "
                 "record it once more with the right time, and say so with --because.\n",
                 item->number, utc_plain(time, taken.when));
    say_breaks(d, item, is_said ? when : utc_now(), &taken);
    if (thing_value(item, "destroyed").len)
        buf_addf(&d->say,
                 "e%u is on record as destroyed before this. If it is not, say with --because "
                 "what became of it: calm preserve custody e%u shows what is on record.\n",
                 item->number, item->number);
    return 0;
}

/* Of an image, whose files are looked for there: the whole path, where what was typed is a folder
 * that holds its first file. A safe has none, and stays as it was said. */
static void draft_whole_place(struct decision *d, const struct thing *item, struct draft *dr)
{
    CLEANUP_BUF struct buf place = {0};
    CLEANUP_BUF struct buf first = {0};
    struct str rest = thing_value(item, "files");
    struct evidence_file file;
    char whole[PATH_MAX];

    if (!evidence_file_next(&rest, &file))
        return;
    for (size_t i = 0; i < dr->value_count; i++) {
        struct draft_value *v = &dr->values[i];

        if (strcmp(v->name, "place") != 0 || !v->value.len || v->value.p[0] == '/')
            continue;
        buf_addstr(&place, v->value);
        if (!realpath(buf_text(&place), whole))
            continue;
        buf_addf(&first, "%s/" STR_FMT, whole, STR_ARG(path_base(file.name)));
        if (sink_line_keeps(str_of(whole)) && file_is_there(buf_text(&first)))
            v->value = str_of(arena_strdup(d->arena, whole));
    }
}

static bool has_some(const char *folder, const struct thing *item)
{
    struct str rest = thing_value(item, "files");
    struct evidence_file file;

    while (evidence_file_next(&rest, &file)) {
        CLEANUP_BUF struct buf path = {0};

        buf_addf(&path, "%s/" STR_FMT, folder, STR_ARG(path_base(file.name)));
        if (file_is_there(buf_text(&path)))
            return true;
    }
    return false;
}

/* A medium may be away, or somebody made a slip. */
static void say_absent(struct decision *d, const struct thing *item, struct draft_value v)
{
    CLEANUP_BUF struct buf path = {0};
    struct stat st;
    bool is_there;

    buf_addstr(&path, v.value);
    if (strcmp(v.name, "place") != 0 || !v.value.len)
        return;
    is_there = stat(buf_text(&path), &st) == 0;
    if (is_there && S_ISDIR(st.st_mode) && has_some(buf_text(&path), item))
        return;
    buf_adds(&d->say, !is_there              ? "There is no folder "
                      : !S_ISDIR(st.st_mode) ? "That is no folder: "
                                             : "None of its files lies in ");
    sink_terminal(&d->say, v.value, false);
    buf_adds(&d->say,
             " at this moment; the files of the image are looked for there from now on.\n");
}

/* The files of an image are looked for in its place, so words are none: they stand on its form. */
static void drop_words(struct decision *d, const struct thing *item, struct draft *dr)
{
    size_t kept = 0;

    if (!thing_value(item, "files").len)
        return;
    for (size_t i = 0; i < dr->value_count; i++) {
        struct draft_value v = dr->values[i];

        if (strcmp(v.name, "place") != 0 || !v.value.len || v.value.p[0] == '/') {
            say_absent(d, item, v);
            dr->values[kept++] = v;
            continue;
        }
        buf_addf(&d->say, "Its files are looked for in ");
        sink_terminal(&d->say, thing_value(item, "place"), false);
        buf_adds(&d->say, ", as before; where they lie elsewhere: calm preserve move ");
        buf_addf(&d->say, "e%u stored --place FOLDER\n", item->number);
    }
    dr->value_count = kept;
}

/* What an act says of the item beside what is told with it. */
enum {
    ACT_STAYS = 1,   /* where the copy is, and who has it, is not where the item is */
    ACT_LEAVES = 2,  /* it left where it was kept, and who had it */
    ACT_UNSEALS = 4, /* the seal that is told with it is the one that was broken */
};

static unsigned act_flags(struct str act)
{
    static const struct {
        const char *act;
        unsigned flags;
    } acts[] = {
        {"copied", ACT_STAYS},    {"exported", ACT_STAYS}, {"handed-over", ACT_LEAVES},
        {"returned", ACT_LEAVES}, {"opened", ACT_UNSEALS}, {"destroyed", ACT_LEAVES | ACT_UNSEALS},
    };

    for (size_t i = 0; i < COUNT_OF(acts); i++)
        if (str_is(act, acts[i].act))
            return acts[i].flags;
    return 0;
}

/* Who gave it has it no more. */
static bool is_given_by_holder(const struct decision *d, const struct thing *item)
{
    return input_has(d->op, d->input, "from") &&
           str_eq(input_value(d->op, d->input, "from"), thing_value(item, "holder"));
}

/* The item's own place, seal and holder follow from its last custody record. Those of which it is
 * not said what they are now are emptied where they cannot be what they were. The files of an
 * image are looked for where they were last: custody_kept_now(). */
static void draft_follows(struct decision *d, struct draft *dr, const struct thing *item,
                          unsigned flags)
{
    bool is_unsealed = flags & ACT_UNSEALS;
    bool leaves = flags & ACT_LEAVES;
    const struct {
        const char *from, *to;
        bool is_over, is_not_said;
    } follow[] = {{"place", "place", leaves && !thing_value(item, "files").len, false},
                  {"seal", "seal", is_unsealed, is_unsealed},
                  {"to", "holder", leaves || is_given_by_holder(d, item), false}};

    for (size_t i = 0; i < COUNT_OF(follow) && !(flags & ACT_STAYS); i++)
        if (input_has(d->op, d->input, follow[i].from) && !follow[i].is_not_said)
            draft_value(dr, follow[i].to, input_value(d->op, d->input, follow[i].from));
        else if (follow[i].is_over && thing_value(item, follow[i].to).len)
            draft_value(dr, follow[i].to, STR(""));
}

static int refuse_destroyed(const struct thing *item, struct err *e)
{
    if (!thing_value(item, "sha256").len || thing_value(item, "files").len)
        return 0;
    return err_set(e, ERR_USAGE,
                   "the bytes of e%u are in this case, so it is not destroyed. What destroys "
                   "them, once two people approve: calm log redact-request r%llu sha256 "
                   "--because WHY",
                   item->number, (unsigned long long)item->seq);
}

static void say_destroyed(struct decision *d)
{
    if (keyring_legal_hold(state_keyring(d->view->state)))
        buf_adds(&d->say,
                 "A legal hold is set: nothing may be destroyed. Tell counsel at once, and "
                 "write down who did it and why: calm note\n");
}

static int decide_custody(struct decision *d, struct err *e)
{
    const struct thing *item = input_thing(d->view, d->op, d->input, "evidence");
    struct str act = input_value(d->op, d->input, "act");
    bool is_destroyed = str_is(act, "destroyed");
    struct draft *dr;
    int rc;

    if (!item)
        return err_set(e, ERR_NOTFOUND, "say which item: calm preserve list");
    rc = is_destroyed ? refuse_destroyed(item, e) : 0;
    if (rc)
        return rc;
    dr = decision_add(d, "custody/1");
    draft_take_input(d, dr, &custody_kind);
    custody_label(d, dr, item);
    draft_whole_place(d, item, dr);
    rc = say_doubts(d, item, e);
    if (rc)
        return rc;
    dr = decision_add(d, "evidence-change/1");
    custody_label(d, dr, item);
    draft_ref(dr, &item->id);
    if (is_destroyed) {
        draft_value(dr, "destroyed", STR("yes"));
        say_destroyed(d);
    }
    draft_follows(d, dr, item, act_flags(act));
    draft_whole_place(d, item, dr);
    drop_words(d, item, dr);
    if (dr->value_count == 0)
        d->draft_count--;
    return 0;
}

const struct operation preserve_move = {
    .name = "preserve move",
    .practice = "preserve",
    .help = "record that an item was handed over, stored, sealed, examined …",
    .example = "calm preserve move e3 handed-over --from ana --to \"Sgt. Weber, police\" --signed "
               "\"both, on the form\"",
    OP_FIELDS(move_fields),
    .kind = &custody_kind,
    .type = OP_CHANGE,
    .roles = ROLES_WRITING,
    .faces = FACE_ALL,
    .records = WORDS("custody/1", "evidence-change/1"),
    .decide = decide_custody};
