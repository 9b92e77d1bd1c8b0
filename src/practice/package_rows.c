/* package_rows.c: holds a row of a form of custody against the record that it is of. */
#include "practice/package_rows.h"
#include "base/sink.h"
#include "practice/custody.h"
#include "practice/custody_table.h"
#include "practice/preserve_verify.h"

void row_spell(struct buf *out, bool is_html, struct str text)
{
    CLEANUP_BUF struct buf spelled = {0};

    if (is_html)
        sink_html(&spelled, text);
    else
        sink_terminal(&spelled, text, true);
    for (size_t i = 0; i < spelled.len; i++)
        if (is_html ? spelled.p[i] != '\n' : !strchr(" \n", spelled.p[i]))
            buf_addc(out, spelled.p[i]);
}

static bool has(const struct form_row *row, enum form_cell cell, struct str wanted)
{
    CLEANUP_BUF struct buf spelled = {0};

    row_spell(&spelled, row->is_html, wanted);
    return str_eq(buf_str(&row->cells[cell]), buf_str(&spelled));
}

static bool has_told(const struct form_row *row, enum form_cell cell, const struct hold_record *r,
                     enum hold_field field)
{
    return hold_is_silent(r, field) || has(row, cell, hold_value(r, field));
}

static bool is_any_silent(const struct hold_record *r, enum hold_field from, enum hold_field to)
{
    for (enum hold_field f = from; f <= to; f++)
        if (hold_is_silent(r, f))
            return true;
    return false;
}

static struct utc when_of(const struct hold_record *r)
{
    struct utc when;

    return utc_read(&when, hold_value(r, HOLD_OCCURRED)) ? when : r->time;
}

/* What was said, by which clock, and when that was put on record. */
static bool has_time(const struct form_row *row, struct utc said, struct str clock,
                     struct utc recorded)
{
    CLEANUP_BUF struct buf wanted = {0};
    char text[UTC_PLAIN_SIZE];
    bool is_alone = !clock.len && said.sec == recorded.sec;

    buf_addstr(&wanted, str_head(str_of(utc_plain(text, said)), 19));
    if (!is_alone)
        buf_adds(&wanted, " UTC");
    if (clock.len)
        buf_addf(&wanted, " by " STR_FMT, STR_ARG(clock));
    if (said.sec != recorded.sec)
        buf_addf(&wanted, "\nrecorded %s", utc_plain(text, recorded));
    return has(row, CELL_WHEN, buf_str(&wanted));
}

/* Nobody may sign with another's key: where the name is not told, the key still is. */
static bool has_signer(const struct form_row *row, const struct hold_items *h, const struct key *by)
{
    struct str who = hold_signer(h, by);
    CLEANUP_BUF struct buf key = {0};
    CLEANUP_BUF struct buf wanted = {0};

    hex_add(&key, by->b, 4);
    if (!who.len)
        return str_ends(buf_str(&row->cells[CELL_BY]), buf_text(&key));
    buf_addstr(&wanted, who);
    if (!str_eq(who, buf_str(&key)))
        buf_addf(&wanted, " %s", buf_text(&key));
    return has(row, CELL_BY, buf_str(&wanted));
}

/* As custody_leaving_of(); the export that the package is of left, where it is read. */
static enum custody_leaving leaving_of(const struct hold_record *r)
{
    if (r->is_own || !hold_value(r, HOLD_RECIPIENT).len ||
        !str_is(hold_value(r, HOLD_ACT), "exported"))
        return LEFT;
    return hold_value(r, HOLD_OUTCOME).len   ? LEFT_NOTHING
           : hold_value(r, HOLD_PACKAGE).len ? LEFT
                                             : LEFT_UNKNOWN;
}

static struct str act_words(const struct hold_record *r)
{
    struct str act = hold_value(r, HOLD_ACT);
    bool is_form = str_is(act, "exported") && hold_value(r, HOLD_RECIPIENT).len &&
                   str_starts(hold_value(r, HOLD_PLACE), CUSTODY_FORM_ALONE);
    enum custody_leaving leaving = leaving_of(r);

    return leaving == LEFT && is_form ? STR("its form exported")
                                      : custody_leaving_words(leaving, act);
}

/* What stands before who did it, and behind that. */
static void say_why(const struct hold_record *r, struct buf *first, struct buf *last)
{
    bool is_kept = leaving_of(r) == LEFT_NOTHING;

    if (is_kept) {
        custody_add_words(first, "", hold_value(r, HOLD_OUTCOME));
        custody_add_words(first, "it was for ", hold_value(r, HOLD_TO));
    }
    if (custody_is_before(when_of(r), hold_value(r, HOLD_PRECISION), when_of(r->item)))
        custody_add_words(first, "", STR(CUSTODY_BEFORE));
    custody_add_words(last, "", hold_value(r, HOLD_BECAUSE));
    custody_add_words(last, "signed: ", hold_value(r, HOLD_SIGNED));
    custody_add_words(last, "package of SHA-256 ", hold_value(r, HOLD_PACKAGE));
    custody_add_words(last, "to open with ", hold_value(r, HOLD_RECIPIENT));
    if (!is_kept)
        custody_add_words(last, "", hold_value(r, HOLD_OUTCOME));
}

/* Who did it is named as the team calls them, which a package need not tell. */
static bool has_performer(const struct form_row *row, struct str first, struct str last)
{
    CLEANUP_BUF struct buf begin = {0};
    CLEANUP_BUF struct buf end = {0};
    CLEANUP_BUF struct buf spelled_begin = {0};
    CLEANUP_BUF struct buf spelled_end = {0};
    struct str cell = buf_str(&row->cells[CELL_WHY]);

    buf_addf(&begin, STR_FMT "%sdone by ", STR_ARG(first), first.len ? "; " : "");
    buf_addf(&end, "%s" STR_FMT, last.len ? "; " : "", STR_ARG(last));
    row_spell(&spelled_begin, row->is_html, buf_str(&begin));
    row_spell(&spelled_end, row->is_html, buf_str(&end));
    return cell.len >= spelled_begin.len + spelled_end.len &&
           str_starts(cell, buf_text(&spelled_begin)) && str_ends(cell, buf_text(&spelled_end));
}

static bool has_why(const struct form_row *row, const struct hold_record *r)
{
    CLEANUP_BUF struct buf first = {0};
    CLEANUP_BUF struct buf last = {0};
    CLEANUP_BUF struct buf all = {0};

    if (is_any_silent(r, HOLD_ACT, HOLD_PERFORMER) || hold_is_silent(r->item, HOLD_OCCURRED))
        return true;
    say_why(r, &first, &last);
    buf_addf(&all, "%s%s%s", buf_text(&first), first.len && last.len ? "; " : "", buf_text(&last));
    return has(row, CELL_WHY, buf_str(&all)) ||
           (hold_value(r, HOLD_PERFORMER).len &&
            has_performer(row, buf_str(&first), buf_str(&last)));
}

static bool is_of_taking(const struct form_row *row, const struct hold_record *r)
{
    return has(row, CELL_WHAT, STR("taken")) && has(row, CELL_FROM, STR("")) &&
           has_told(row, CELL_TO, r, HOLD_HOLDER) && has(row, CELL_WHY, STR(""));
}

static bool is_of_act(const struct form_row *row, const struct hold_record *r)
{
    struct str to = leaving_of(r) == LEFT_NOTHING ? STR("") : hold_value(r, HOLD_TO);

    if (!is_any_silent(r, HOLD_ACT, HOLD_OUTCOME) && !has(row, CELL_WHAT, act_words(r)))
        return false;
    return has_told(row, CELL_FROM, r, HOLD_FROM) &&
           (is_any_silent(r, HOLD_ACT, HOLD_OUTCOME) || has(row, CELL_TO, to)) && has_why(row, r);
}

bool row_is_of_act(const struct form_row *row, const struct hold_items *h,
                   const struct hold_record *r)
{
    bool is_item = r->item == r;
    struct str clock = is_item ? STR("") : hold_value(r, HOLD_CLOCK);

    return (is_item ? is_of_taking(row, r) : is_of_act(row, r)) &&
           has_told(row, CELL_PLACE, r, HOLD_PLACE) && has_told(row, CELL_SEAL, r, HOLD_SEAL) &&
           (hold_is_silent(r, HOLD_OCCURRED) || hold_is_silent(r, HOLD_CLOCK) ||
            has_time(row, when_of(r), clock, r->time)) &&
           has_signer(row, h, &r->by);
}

/* What it may be called: of a verification what came out is told of nobody. */
static bool has_what(const struct form_row *row, enum hold_mention_kind kind)
{
    if (kind == MENTION_READ || kind == MENTION_LEFT)
        return has(row, CELL_WHAT, STR(CUSTODY_EXAMINED));
    if (kind == MENTION_UNLAWFUL)
        return has(row, CELL_WHAT, STR(CUSTODY_UNLAWFUL));
    for (size_t i = 0; i < VERIFICATION_WORDS_COUNT; i++)
        if (has(row, CELL_WHAT, str_of(verification_all_words[i])))
            return true;
    return false;
}

bool row_is_of_mention(const struct form_row *row, const struct hold_items *h,
                       const struct hold_mention *m)
{
    const char *place = m->kind == MENTION_READ   ? CUSTODY_READ
                        : m->kind == MENTION_LEFT ? CUSTODY_TO_BE_READ
                                                  : "";

    return has_what(row, m->kind) && has(row, CELL_PLACE, str_of(place)) &&
           has(row, CELL_FROM, STR("")) && has(row, CELL_TO, STR("")) &&
           has(row, CELL_SEAL, STR("")) && has_time(row, m->time, STR(""), m->time) &&
           has_signer(row, h, &m->by);
}
