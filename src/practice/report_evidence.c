/* report_evidence.c: the register of evidence with hashes and custody; who was told; legal
 * deadlines. */
#include "practice/custody.h"
#include "base/size.h"
#include "practice/evidence.h"
#include "practice/notify_words.h"
#include "practice/report_make.h"

static void cell_field(struct report *r, const struct thing *t, const char *field)
{
    report_field(r, doc_cell(r->doc), t, field);
}

static struct str maker(struct report *r, const struct thing *t)
{
    const struct told *told = report_told(r, t->seq);

    return told ? told_by(r, told) : STR("");
}

static void put_source(struct report *r, const struct thing *t)
{
    struct inlines *cell = doc_cell(r->doc);

    report_field(r, cell, t, "system");
    if (thing_value_if(t, "path").len) {
        inline_text(cell, thing_value_if(t, "system").len ? " " : "");
        inline_code(cell, thing_value_if(t, "path"));
    }
    if (thing_value_if(t, "remark").len) {
        inline_text(cell, " (");
        report_field(r, cell, t, "remark");
        inline_text(cell, ")");
    }
}

/* "4.0 TB, 4.1 kB not readable" */
static void put_size(struct report *r, const struct thing *t)
{
    struct inlines *cell = doc_cell(r->doc);
    char size[SIZE_TEXT_SIZE];
    uint64_t bad;

    report_field(r, cell, t, "size");
    if (str_u64(thing_value_if(t, "bad"), &bad) && bad)
        inline_printf(cell, ", %s not readable", size_text(size, bad));
    if (str_u64(thing_value_if(t, "left"), &bad) && bad)
        inline_printf(cell, ", %s left unread", size_text(size, bad));
}

static void put_kept(struct report *r, const struct thing *t)
{
    struct inlines *cell = doc_cell(r->doc);
    struct str seal = thing_value_if(t, "seal");
    struct str kept = custody_kept_now(r->view, t);

    inline_str(cell, kept);
    if (seal.len)
        inline_printf(cell, "%sseal " STR_FMT, kept.len ? ", " : "", STR_ARG(seal));
}

static void put_register(struct report *r)
{
    static const struct doc_column columns[] = {
        {"Item", DOC_TEXT}, {"What it is", DOC_TEXT}, {"Where from", DOC_TEXT}, {"Taken", DOC_TIME},
        {"By", DOC_TEXT},   {"Size", DOC_NUMBER},     {"Kept", DOC_TEXT}};
    const struct thing *t;

    doc_table(r->doc, STR("Register of evidence"), columns, COUNT_OF(columns));
    for (size_t at = 0; (t = view_next(r->view, "evidence", &at));) {
        struct inlines *cell;

        doc_row(r->doc, (struct doc_ref){'e', t->number});
        inline_printf(doc_cell(r->doc), "e%u", t->number);
        cell = doc_cell(r->doc);
        inline_str(cell, view_title(t));
        if (thing_value_if(t, "unlawful").len)
            inline_text(cell, " (may hold material that is unlawful to possess: sealed, not "
                              "shown)");
        put_source(r, t);
        doc_cell_time(r->doc, thing_when(r->view->state, t));
        doc_cell_str(r->doc, maker(r, t));
        put_size(r, t);
        put_kept(r, t);
    }
    doc_end(r->doc);
}

static void put_hashes(struct report *r)
{
    static const struct doc_column columns[] = {
        {"Item", DOC_TEXT}, {"SHA-256", DOC_MONO}, {"MD5", DOC_MONO}};
    const struct thing *t;
    bool has_image = false;
    bool is_open = false;

    for (size_t at = 0; (t = view_next(r->view, "evidence", &at));) {
        if (!evidence_sum(t, "sha256").len)
            continue;
        has_image = has_image || !thing_value_if(t, "sha256").len;
        if (!is_open)
            doc_table(r->doc, STR("Hashes, as they were when each item was taken"), columns,
                      COUNT_OF(columns));
        is_open = true;
        doc_row(r->doc, (struct doc_ref){0});
        doc_cell_ref(r->doc, (struct doc_ref){'e', t->number});
        doc_cell_str(r->doc, evidence_sum(t, "sha256"));
        doc_cell_str(r->doc, evidence_sum(t, "md5"));
    }
    if (is_open)
        doc_end(r->doc);
    if (has_image)
        doc_para_text(r->doc, "Of a disk image these are the hashes of the bytes that it holds; "
                              "its form of custody has those of its files.");
}

static void put_custody(struct report *r)
{
    static const struct doc_column columns[] = {{"When", DOC_TIME},     {"Item", DOC_TEXT},
                                                {"Act", DOC_TEXT},      {"From", DOC_TEXT},
                                                {"To", DOC_TEXT},       {"Place, seal", DOC_TEXT},
                                                {"What for", DOC_TEXT}, {"Signed", DOC_TEXT}};
    const struct thing *t;
    struct inlines *cell;

    if (view_count(r->view, "custody") == 0) {
        doc_para_text(r->doc, "No change of custody is on record: each item is where it was put "
                              "when it was taken.");
        return;
    }
    doc_table(r->doc, STR("Chain of custody"), columns, COUNT_OF(columns));
    for (size_t at = 0; (t = view_next(r->view, "custody", &at));) {
        doc_row(r->doc, (struct doc_ref){0});
        doc_cell_time(r->doc, thing_when(r->view->state, t));
        cell_field(r, t, "evidence");
        cell_field(r, t, "act");
        cell_field(r, t, "from");
        cell_field(r, t, "to");
        cell = doc_cell(r->doc);
        report_field(r, cell, t, "place");
        inline_text(cell,
                    thing_value_if(t, "place").len && thing_value_if(t, "seal").len ? ", " : "");
        report_field(r, cell, t, "seal");
        cell_field(r, t, "because");
        cell_field(r, t, "signed");
    }
    doc_end(r->doc);
}

static void put_holds(struct report *r)
{
    static const struct doc_column columns[] = {{"When", DOC_TIME},
                                                {"System", DOC_TEXT},
                                                {"Last backup", DOC_TEXT},
                                                {"Out of reach", DOC_TEXT},
                                                {"Untouched", DOC_TEXT},
                                                {"Overwriting", DOC_TEXT},
                                                {"Asked for elsewhere", DOC_TEXT}};
    static const char *const fields[] = {"system",    "last-backup", "backup",
                                         "untouched", "rotation",    "requested"};
    const struct thing *t;

    if (view_count(r->view, "retention") == 0) {
        doc_para_text(r->doc, "No hold on backups or short-lived records is on record.");
        return;
    }
    doc_table(r->doc, STR("Holds on backups and short-lived records"), columns, COUNT_OF(columns));
    for (size_t at = 0; (t = view_next(r->view, "retention", &at));) {
        doc_row(r->doc, (struct doc_ref){0});
        doc_cell_time(r->doc, thing_when(r->view->state, t));
        for (size_t i = 0; i < COUNT_OF(fields); i++)
            cell_field(r, t, fields[i]);
    }
    doc_end(r->doc);
}

void report_evidence(struct report *r)
{
    doc_heading(r->doc, 1, STR("Evidence and its custody"));
    if (view_count(r->view, "evidence") == 0) {
        doc_para_text(r->doc, "Nothing is on the register of evidence.");
    } else {
        put_register(r);
        put_hashes(r);
        put_custody(r);
    }
    put_holds(r);
}

static void put_wanted(struct report *r)
{
    static const struct doc_column columns[] = {
        {"Role", DOC_TEXT}, {"Held by", DOC_TEXT}, {"Told", DOC_TEXT}};

    doc_table(r->doc, STR("The roles that must be told of every incident"), columns,
              COUNT_OF(columns));
    for (size_t i = 0; notify_wanted[i]; i++) {
        const struct thing *person;
        bool is_told = notify_role_is_told(r->view, notify_wanted[i], &person);
        CLEANUP_BUF struct buf role = {0};

        report_plain(&role, str_is(str_of(notify_wanted[i]), "cio") ? STR("CIO")
                                                                    : str_of(notify_wanted[i]));
        doc_row(r->doc, (struct doc_ref){0});
        doc_cell_str(r->doc, buf_str(&role));
        doc_cell_str(r->doc, person ? view_title(person) : STR("nobody on record"));
        doc_cell_text(r->doc, is_told ? "yes" : "not on record");
    }
    doc_end(r->doc);
}

/* Only a word shows that a message reached its reader; anything else is what somebody says. */
static void put_message_state(struct report *r, const struct thing *t)
{
    CLEANUP_BUF struct buf words = {0};

    if (!report_says(t, "state", "acknowledged")) {
        cell_field(r, t, "state");
        return;
    }
    notify_acknowledged_words(r->view, t, &words);
    doc_cell_str(r->doc, buf_str(&words));
}

static bool has_many_lines(const struct thing *message)
{
    struct str text = str_trim(thing_value_if(message, "text"));

    return text.len && memchr(text.p, '\n', text.len);
}

static void put_letters(struct report *r)
{
    const struct thing *t;

    for (size_t at = 0; (t = view_next(r->view, "message", &at));) {
        struct inlines *p;

        if (!has_many_lines(t))
            continue;
        p = doc_para(r->doc);
        inline_printf(p, "m%u to ", t->number);
        report_field(r, p, t, "to");
        inline_text(p, ", word for word:");
        doc_verbatim(r->doc, str_trim(thing_value_if(t, "text")));
    }
}

/* What was kept from carrying anything, and why. */
static void put_compromised(struct report *r)
{
    struct inlines *p = NULL;
    const struct thing *t;

    for (size_t at = 0; (t = view_next(r->view, "channel", &at));) {
        if (!report_says(t, "trust", "compromised"))
            continue;
        if (!p) {
            p = doc_para(r->doc);
            inline_text(p, "Marked compromised, so that nothing about the case goes over it: ");
        } else {
            inline_text(p, "; ");
        }
        report_thing(p, t, false);
        if (thing_value_if(t, "because").len) {
            inline_text(p, " (");
            report_field(r, p, t, "because");
            inline_text(p, ")");
        }
        inline_text(p, " ");
        report_ref(p, t->changed_seq);
    }
}

static void put_messages(struct report *r)
{
    static const struct doc_column columns[] = {
        {"No.", DOC_TEXT},   {"To", DOC_TEXT},      {"By way of", DOC_TEXT}, {"Sent", DOC_TEXT},
        {"State", DOC_TEXT}, {"Message", DOC_TEXT}, {"Answer", DOC_TEXT}};
    const struct thing *t;
    struct utc at_time;

    put_compromised(r);
    if (view_count(r->view, "message") == 0) {
        doc_para_text(r->doc, "No message is on record.");
        return;
    }
    doc_table(r->doc, STR("Messages and acknowledgements"), columns, COUNT_OF(columns));
    for (size_t at = 0; (t = view_next(r->view, "message", &at));) {
        doc_row(r->doc, (struct doc_ref){'m', t->number});
        inline_printf(doc_cell(r->doc), "m%u", t->number);
        cell_field(r, t, "to");
        cell_field(r, t, "channel");
        doc_cell_str(r->doc, thing_time(t, "sent-at", &at_time) ? report_time(r, at_time)
                                                                : STR("not sent"));
        put_message_state(r, t);
        if (has_many_lines(t))
            doc_cell_str(r->doc, STR("below, word for word"));
        else
            cell_field(r, t, "text");
        cell_field(r, t, "answer");
    }
    doc_end(r->doc);
    put_letters(r);
}

/* "met 3 h 12 min before it was due" and its kin. */
static void put_outcome(struct report *r, struct inlines *cell, const struct thing *t)
{
    bool is_running = report_says(t, "state", "running");
    const struct told *last = report_told(r, t->changed_seq);
    struct utc end = is_running || !last ? r->view->now : last->when;
    struct utc due;

    if (report_says(t, "state", "notified"))
        inline_text(cell, "notified");
    else if (report_says(t, "state", "decided-not"))
        inline_text(cell, "decided not to notify");
    else
        inline_text(cell, "still running");
    if (thing_time(t, "due", &due) && !report_says(t, "state", "decided-not"))
        inline_printf(cell, ", " STR_FMT " %s", STR_ARG(report_span(r, end, due)),
                      utc_cmp(end, due) > 0 ? (is_running ? "over" : "late")
                                            : (is_running ? "left" : "before it was due"));
    inline_text(cell, " ");
    report_ref(cell, t->changed_seq);
}

static void put_deadlines(struct report *r)
{
    static const struct doc_column columns[] = {{"No.", DOC_TEXT},
                                                {"Law or rule", DOC_TEXT},
                                                {"Step", DOC_TEXT},
                                                {"Clock started", DOC_TEXT},
                                                {"Due", DOC_TEXT},
                                                {"Outcome", DOC_TEXT},
                                                {"Why, and who decided", DOC_TEXT}};
    const struct thing *t;
    struct utc when;

    doc_heading(r->doc, 2, STR("Legal deadlines"));
    if (view_count(r->view, "deadline") == 0) {
        doc_para_text(r->doc, "No legal deadline was started.");
        return;
    }
    doc_table(r->doc, STR("Legal deadlines, and how they were met or decided against"), columns,
              COUNT_OF(columns));
    for (size_t at = 0; (t = view_next(r->view, "deadline", &at));) {
        struct inlines *cell;

        doc_row(r->doc, (struct doc_ref){'d', t->number});
        inline_printf(doc_cell(r->doc), "d%u", t->number);
        doc_cell_str(r->doc, thing_value_if(t, "law"));
        cell_field(r, t, "step");
        doc_cell_str(r->doc, thing_time(t, "trigger", &when) ? report_time(r, when) : STR(""));
        doc_cell_str(r->doc, thing_time(t, "due", &when) ? report_time(r, when)
                                                         : STR("without a fixed time"));
        put_outcome(r, doc_cell(r->doc), t);
        cell = doc_cell(r->doc);
        report_field(r, cell, t, "because");
        if (thing_value_if(t, "decided-by").len)
            inline_printf(cell, "%sdecided by " STR_FMT,
                          thing_value_if(t, "because").len ? "; " : "",
                          STR_ARG(thing_value_if(t, "decided-by")));
        if (thing_value_if(t, "proof").len)
            inline_printf(cell, "; proof: " STR_FMT, STR_ARG(thing_value_if(t, "proof")));
    }
    doc_end(r->doc);
}

void report_people(struct report *r)
{
    doc_heading(r->doc, 1, STR("Who was told, and legal deadlines"));
    put_wanted(r);
    put_messages(r);
    put_deadlines(r);
}
