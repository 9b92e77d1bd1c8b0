/* package_signers.c: holds what a form of custody says of who signed its rows against the record.
 */
#include <stdlib.h>
#include "practice/custody_table.h"
#include "practice/package_rows.h"
#include "render/wrap.h"

enum { NAME_COLUMNS = 20 }; /* of a text: a longer name is cut */

/* The keys of the rows, each once. */
struct signers {
    struct key *keys;
    size_t count;
    size_t room;
};

static void add_key(struct signers *s, const struct key *by)
{
    for (size_t i = 0; i < s->count; i++)
        if (key_eq(&s->keys[i], by))
            return;
    s->keys = mem_grow(s->keys, s->count, &s->room, sizeof(s->keys[0]));
    s->keys[s->count++] = *by;
}

/* Rows and records are in one order. */
static void gather(struct signers *s, const struct form *f, const struct hold_items *h)
{
    size_t at = 0;

    for (size_t i = 0; i < f->row_count; i++) {
        const struct hold_mention *m = hold_mention_at(h, f->rows[i], f->item);

        while (at < h->count && h->records[at].seq < f->rows[i])
            at++;
        if (m)
            add_key(s, &m->by);
        else if (at < h->count && h->records[at].seq == f->rows[i])
            add_key(s, &h->records[at].by);
    }
}

static bool is_whole(const struct hold_record *person)
{
    static const enum hold_field said[] = {HOLD_NAME, HOLD_ROLE, HOLD_POSITION};

    for (size_t i = 0; person && i < COUNT_OF(said); i++)
        if (person->unsure >> said[i] & 1)
            return false;
    return person != NULL;
}

static void spell_name(struct buf *out, bool is_html, struct str name)
{
    CLEANUP_BUF struct buf cut = {0};

    if (is_html) {
        row_spell(out, true, name);
        return;
    }
    wrap_cut(&cut, name, NAME_COLUMNS, false);
    row_add_tight(out, buf_str(&cut));
}

/* Nobody may be given another's key: where it is not told who they are, the key still is. */
static bool is_of(struct form *f, const struct hold_items *h, const struct key *by, struct str said)
{
    const struct hold_record *person = hold_person(h, by);
    CLEANUP_BUF struct buf who = {0};
    CLEANUP_BUF struct buf wanted = {0};

    if (!is_whole(person)) {
        f->has_free_signers = true;
        custody_say_person(&who, STR(""), STR(""), by);
        row_spell(&wanted, f->is_html, buf_str(&who));
        return str_ends(said, buf_text(&wanted));
    }
    spell_name(&wanted, f->is_html, hold_value(person, HOLD_NAME));
    custody_say_person(&who, hold_value(person, HOLD_POSITION), hold_value(person, HOLD_ROLE), by);
    row_spell(&wanted, f->is_html, buf_str(&who));
    return str_eq(said, buf_str(&wanted));
}

/* The next pair, name and value as one. False: there is none. */
static bool next_pair(const struct form *f, struct str *rest, struct buf *said)
{
    const char *end;

    buf_clear(said);
    if (f->is_html) {
        if (!str_take(rest, "<div><dt>"))
            return false;
        end = rest->len ? memmem(rest->p, rest->len, "</dd></div>\n", 12) : NULL;
        if (!end)
            return false;
        row_add_shown(said, str_head(*rest, (size_t)(end - rest->p)));
        *rest = str_from(*rest, (size_t)(end - rest->p) + 12);
        return true;
    }
    if (!rest->len || rest->p[0] == '\n')
        return false;
    do
        row_add_tight(said, str_cut(rest, '\n'));
    while (str_starts(*rest, " "));
    return true;
}

bool form_has_signers(struct form *f, const struct hold_items *h)
{
    static const char *const marks[] = {"\n" CUSTODY_SIGNERS "\n\n",
                                        "<p>" CUSTODY_SIGNERS "</p>\n<dl class=\"facts\">\n"};
    const char *mark = marks[f->is_html];
    const char *at = f->after.len ? memmem(f->after.p, f->after.len, mark, strlen(mark)) : NULL;
    CLEANUP_BUF struct buf said = {0};
    struct signers s = {0};
    bool is_right = at != NULL;
    struct str rest;

    if (!at)
        return false;
    rest = str_from(f->after, (size_t)(at - f->after.p) + strlen(mark));
    gather(&s, f, h);
    for (size_t i = 0; is_right && i < s.count; i++)
        is_right = next_pair(f, &rest, &said) && is_of(f, h, &s.keys[i], buf_str(&said));
    free(s.keys);
    return is_right && (f->is_html ? str_starts(rest, "</dl>\n") : str_starts(rest, "\n"));
}
