/* package_checks.c: holds the commands on a form of custody, which check files and record, against
 * both. */
#include "practice/custody_check.h"
#include "practice/evidence.h"
#include "practice/package_name.h"
#include "practice/package_rows.h"

/* All that is to be typed, as it stands below its heading. */
static bool find_commands(const struct form *f, struct buf *out)
{
    static const char *const marks[] = {"  " CUSTODY_CHECKING "\n",
                                        "</span> " CUSTODY_CHECKING "</h2>\n"};
    const char *mark = marks[f->is_html];
    const char *at = f->after.len ? memmem(f->after.p, f->after.len, mark, strlen(mark)) : NULL;
    struct str rest;

    if (!at)
        return false;
    rest = str_from(f->after, (size_t)(at - f->after.p));
    while (f->is_html && (at = memmem(rest.p, rest.len, "<pre>", 5))) {
        const char *end;

        rest = str_from(rest, (size_t)(at - rest.p));
        end = memmem(rest.p, rest.len, "</pre>", 6);
        if (!end)
            return false;
        row_add_shown(out, str_head(rest, (size_t)(end - rest.p)));
        rest = str_from(rest, (size_t)(end - rest.p));
    }
    if (f->is_html)
        return true;
    (void)str_cut(&rest, '\n');
    while (rest.len) {
        struct str line = str_cut(&rest, '\n');

        if (str_starts(line, " "))
            row_add_tight(out, line);
    }
    return true;
}

static bool add_in_package(struct buf *out, const struct form *f, struct str rest)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    CLEANUP(package_names_release) struct package_names names = {.arena = arena};
    struct str call = str_from(f->name, strlen("custody/"));
    struct evidence_file file;
    struct str name;

    call = str_cut(&call, '.');
    while (evidence_file_next(&rest, &file)) {
        CLEANUP_BUF struct buf path = {0};

        if (!package_names_add(&names, file.name, &name))
            return false;
        buf_addf(&path, "evidence/" STR_FMT "/" STR_FMT, STR_ARG(call), STR_ARG(name));
        if (file.has_sum)
            custody_check_line(out, &file.sum, buf_str(&path));
    }
    return rest.len == 0;
}

/* Of an item that is one file. */
static void add_single(struct buf *out, const struct form *f)
{
    struct str call = str_from(f->name, strlen("custody/"));
    struct str path = hold_value(f->item, HOLD_PATH);
    CLEANUP_BUF struct buf name = {0};
    struct hash sum;

    call = str_cut(&call, '.');
    buf_addf(&name, "evidence/" STR_FMT "/", STR_ARG(call));
    package_name_add(&name, path.len ? path : hold_value(f->item, HOLD_TITLE));
    if (hex_read(sum.b, sizeof(sum.b), hold_value(f->item, HOLD_SHA256)))
        custody_check_line(out, &sum, buf_str(&name));
}

/* What compares its bytes, where it has some in the package. False: nothing that is told says. */
static bool add_bytes(struct buf *out, const struct form *f)
{
    static const enum hold_field needed[] = {HOLD_TITLE, HOLD_PATH, HOLD_SHA256, HOLD_FILES,
                                             HOLD_DESTROYED};
    struct str files = hold_value(f->item, HOLD_FILES);

    for (size_t i = 0; i < COUNT_OF(needed); i++)
        if (hold_is_silent(f->item, needed[i]))
            return false;
    if (hold_value(f->item, HOLD_DESTROYED).len)
        custody_check_kept(out, files, hold_value(f->item, HOLD_SHA256));
    else if (files.len)
        return add_in_package(out, f, files);
    else
        add_single(out, f);
    return true;
}

bool form_has_checks(struct form *f, const struct hold_items *h)
{
    const struct hold_export *own = hold_last_export(h);
    CLEANUP_BUF struct buf wanted = {0};
    CLEANUP_BUF struct buf chain = {0};
    CLEANUP_BUF struct buf spelled = {0};
    CLEANUP_BUF struct buf said = {0};
    bool is_known;

    if (!find_commands(f, &said))
        return false;
    if (!own || !own->is_sealed) /* it was cut, which is told once */
        return true;
    is_known = add_bytes(&wanted, f);
    custody_check_chain(&chain, h->record_count, &h->root);
    if (is_known)
        row_spell(&spelled, f->is_html, buf_str(&wanted));
    row_spell(&spelled, f->is_html, buf_str(&chain));
    f->has_free_checks = !is_known;
    return is_known ? str_eq(buf_str(&said), buf_str(&spelled))
                    : str_ends(buf_str(&said), buf_text(&spelled));
}
