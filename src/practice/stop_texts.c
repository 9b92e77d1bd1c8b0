/* stop_texts.c: writes the texts of a device as one item of evidence, and reads them back. */
#include "practice/stop_texts.h"
#include <string.h>
#include "store/store.h"
#include "sys/file.h"

enum { TEXTS_SIZE = 256 << 20, MARK_SIZE = 64 };

const char *const stop_part_names[] = {"apply", "check", "confirm", "undo", NULL};

static void add_mark(struct buf *out, const struct contain_device *d, size_t part)
{
    buf_addf(out, "%s ---- %s ----\n", d->comment ? d->comment : "", stop_part_names[part]);
}

static void write_all(const struct contain_device *d, const struct device_script *s,
                      struct buf *out)
{
    const struct buf *const parts[] = {&s->apply, &s->check, &s->confirm, &s->undo};

    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        if (!parts[i]->len)
            continue;
        if (out->len)
            buf_addc(out, '\n');
        add_mark(out, d, i);
        buf_addstr(out, buf_str(parts[i]));
    }
}

void stop_texts_release(struct stop_texts *t)
{
    buf_release(&t->all);
    *t = (struct stop_texts){0};
}

/* Where the line that begins a part stands; NULL: nowhere. */
static const char *find_mark(const struct stop_texts *t, size_t part, size_t *size)
{
    CLEANUP_BUF struct buf mark = {0};
    const char *at = t->all.p;

    add_mark(&mark, t->device, part);
    *size = mark.len;
    while ((at = memmem(at, t->all.len - (size_t)(at - t->all.p), mark.p, mark.len))) {
        if (at == t->all.p || at[-1] == '\n')
            return at;
        at++;
    }
    return NULL;
}

static int split(struct stop_texts *t, struct err *e)
{
    const char *end = t->all.p + t->all.len;

    if (!t->all.len)
        return err_set(e, ERR_FORMAT, "the texts are empty");
    for (size_t i = STOP_PART_COUNT; i-- > 0;) {
        size_t size;
        const char *at = find_mark(t, i, &size);

        if (at && at + size > end)
            return err_set(e, ERR_FORMAT, "the texts are not in their order");
        if (!at)
            continue;
        t->parts[i] = (struct str){at + size, (size_t)(end - at) - size};
        end = at > t->all.p ? at - 1 : at; /* without the empty line between */
    }
    if (!t->parts[STOP_APPLY].len || !t->parts[STOP_UNDO].len)
        return err_set(e, ERR_FORMAT, "the texts lack apply or undo");
    return 0;
}

int stop_texts_make(const struct contain_device *d, const struct device_script *s,
                    struct stop_texts *out, struct err *e)
{
    CLEANUP_STOP_TEXTS struct stop_texts t = {.device = d};
    int rc;

    write_all(d, s, &t.all);
    rc = split(&t, e);
    if (rc)
        return rc;
    *out = t;
    t = (struct stop_texts){0};
    return 0;
}

int stop_texts_load(struct session *s, const struct view *v, const struct thing *action,
                    struct stop_texts *out, struct err *e)
{
    const struct thing *item = view_ref(v, action, "texts");
    CLEANUP_STOP_TEXTS struct stop_texts t = {.device =
                                                  contain_device(thing_value(action, "device"))};
    CLEANUP_FD int fd = -1;
    struct hash digest;
    uint64_t size;
    int rc;

    if (!thing_value(action, "texts").len)
        return err_set(e, ERR_NOTFOUND,
                       "a%u has no texts yet: calm stop script a%u --for DEVICE --keep",
                       action->number, action->number);
    if (!item || !hex_read(digest.b, sizeof(digest.b), thing_value(item, "sha256")))
        return err_set(e, ERR_DENIED, "the texts of a%u are not among what you may see",
                       action->number);
    if (!t.device)
        return err_set(e, ERR_FORMAT, "this calm knows no device \"" STR_FMT "\"",
                       STR_ARG(str_head(thing_value(action, "device"), MARK_SIZE)));
    rc = blob_open(session_store(s), &digest, &fd, &size, e);
    if (rc == 0)
        rc = file_read_fd(&t.all, fd, "the texts", TEXTS_SIZE, e);
    if (rc == 0)
        rc = split(&t, e);
    if (rc)
        return rc;
    *out = t;
    t = (struct stop_texts){0};
    return 0;
}
