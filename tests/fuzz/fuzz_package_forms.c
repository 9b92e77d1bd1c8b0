/* fuzz_package_forms.c: whatever form of custody a package has, it is taken apart and held against
 * the record, and what differs is told of that form. Journal, openings, the form's name and the
 * form are parted by lines "===". */
#include <unistd.h>
#include "practice/import.h"
#include "practice/package_forms.h"
#include "sys/file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
    struct str name;
    const struct hold_items *h;
};

static int see(void *context, enum form_wrong wrong, struct str name,
               const struct hold_record *record, struct err *e)
{
    const struct seen *s = context;

    (void)e;
    if (wrong != FORM_IS_OTHER && wrong != FORM_SAYS_OTHER)
        BUG("a form is wrong in no way that there is");
    if (!str_eq(name, s->name))
        BUG("another form is told of");
    if (record && (record < s->h->records || record >= s->h->records + s->h->count))
        BUG("a record that is not there is told of");
    return 0;
}

/* The part before the next line "===", which is taken off. */
static struct str take_part(struct str *rest)
{
    static const char mark[] = "===\n";
    const char *end = rest->len ? memmem(rest->p, rest->len, mark, sizeof(mark) - 1) : NULL;
    struct str part = str_head(*rest, end ? (size_t)(end - rest->p) : rest->len);

    *rest = str_from(*rest, part.len + (end ? sizeof(mark) - 1 : 0));
    return part;
}

static int as_file(struct str bytes)
{
    int fd = -1;

    if (import_memory(&fd, bytes, NULL))
        BUG("there is no memory");
    return fd;
}

static void compare(struct hold_items *h, struct str name, struct str form)
{
    struct seen s = {.name = name, .h = h};
    CLEANUP_BUF struct buf list = {0};
    struct forms_compared compared = {0};
    struct err e = {0};
    int fd;

    buf_addstr(&list, name);
    buf_addf(&list, " %zu\n", form.len);
    buf_addstr(&list, form);
    fd = as_file(buf_str(&list));
    if (forms_compare(h, fd, see, &s, &compared, &e) && !e.text[0])
        BUG("a form is refused without a reason");
    fd_close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str rest = {(const char *)data, size};
    int journal = as_file(take_part(&rest)), openings = as_file(take_part(&rest));
    struct str name = str_trim(take_part(&rest));
    struct hold_items h = {.count = 0};
    struct err e = {0};
    bool is_name = name.len && name.len < FORM_HEAD_MAX / 2 && !memchr(name.p, ' ', name.len) &&
                   !memchr(name.p, '\n', name.len);

    if (hold_items_read(&h, journal, openings, &e) == 0 && is_name)
        compare(&h, name, rest);
    hold_items_release(&h);
    fd_close(journal);
    fd_close(openings);
    return 0;
}
