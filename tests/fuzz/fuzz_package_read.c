/* fuzz_package_read.c: any bytes are read as a package's header, and as the archive in it, without
 * a fault; no name leads out; what is refused is refused with a reason. */
#include "base/mem.h"
#include "evidence/package_walk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct memory {
    const uint8_t *p;
    size_t left;
};

static int read_memory(void *context, void *bytes, size_t size, size_t *got, struct err *e)
{
    struct memory *m = context;
    size_t part = size < m->left ? size : m->left;

    (void)e;
    memcpy(bytes, m->p, part);
    m->p += part;
    m->left -= part;
    *got = part;
    return 0;
}

static int see_begin(void *context, struct str name, const struct hash *sum, struct err *e)
{
    uint64_t *members = context;

    (void)e;
    if ((sum == NULL) != (*members == 0))
        BUG("a member without a sum");
    if (name.len == 0 || name.p[0] == '/' || memchr(name.p, '\0', name.len))
        BUG("a name leads out");
    while (name.len)
        if (str_starts(str_cut(&name, '/'), "."))
            BUG("a name leads out");
    return 0;
}

static int see_data(void *context, struct str bytes, struct err *e)
{
    (void)context;
    (void)bytes;
    (void)e;
    return 0;
}

static int see_end(void *context, struct err *e)
{
    (void)e;
    ++*(uint64_t *)context;
    return 0;
}

static void read_head(const uint8_t *data, size_t size)
{
    static const uint8_t file_key[AGE_FILE_KEY_SIZE];
    struct memory m = {data, size};
    const struct bundle_source source = {read_memory, &m};
    CLEANUP_FREE struct age_head *head = mem_new(struct age_head);
    CLEANUP_BUF struct buf bytes = {0};
    struct err e = {0};
    int rc = package_walk_head(&source, &bytes, head, &e);

    if (rc && e.text[0] == '\0')
        BUG("a header was refused without a reason");
    if (rc == 0 && (head->covered >= bytes.len || age_head_fits(head, buf_str(&bytes), file_key)))
        BUG("a header is what it cannot be");
}

/* Without encryption, which would keep a fuzzer from everything behind it. */
static void read_members(const uint8_t *data, size_t size)
{
    struct memory m = {data, size};
    const struct bundle_source source = {read_memory, &m};
    uint64_t members = 0;
    const struct package_receiver to = {see_begin, see_data, see_end, &members};
    struct package_summary sum = {.state = BUNDLE_WHOLE};
    struct err e = {0};

    if (package_walk_members(&source, &to, &sum, &e) != 0)
        BUG("memory cannot be read");
    if (sum.members != members || (sum.state == BUNDLE_WHOLE) != (sum.why[0] == '\0'))
        BUG("the summary is not what was told");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    read_head(data, size);
    read_members(data, size);
    return 0;
}
