/* fuzz_bundle_read.c: any bytes are read as a bundle, a sealed bundle and the archive within one
 * without a fault; no name leads out; what is good is found good again. */
#include "base/mem.h"
#include "evidence/bundle_walk.h"

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

static int see_entry(void *context, const struct archived *entry, struct err *e)
{
    struct str name = entry->name;

    (void)context;
    (void)e;
    if (name.len == 0 || name.p[0] == '/' || memchr(name.p, '\0', name.len))
        BUG("a name leads out");
    while (name.len)
        if (str_is(str_cut(&name, '/'), ".."))
            BUG("a name leads out");
    return 0;
}

static int see_data(void *context, struct str bytes, struct err *e)
{
    (void)e;
    *(uint64_t *)context += bytes.len;
    return 0;
}

static int see_end(void *context, uint64_t size, struct str problem, struct err *e)
{
    uint64_t *seen = context;

    (void)e;
    (void)problem;
    if (*seen != size)
        BUG("a member is not as long as it ends");
    *seen = 0;
    return 0;
}

static struct bundle_summary walk(const struct bundle_source *source)
{
    uint64_t seen = 0;
    const struct archived_receiver to = {see_entry, see_data, see_end, &seen};
    CLEANUP(bundle_members_freep)
    struct bundle_members *members = bundle_members_new(&to, &bundle_members_usual);
    struct bundle_summary sum;
    struct err e;

    if (bundle_walk(source, members, NULL, NULL, &sum, &e) != 0)
        BUG("memory cannot be read");
    return sum;
}

static struct bundle_summary walk_bytes(const uint8_t *data, size_t size)
{
    struct memory m = {data, size};
    struct bundle_source source = {read_memory, &m};

    return walk(&source);
}

static void walk_sealed(const uint8_t *data, size_t size)
{
    static const uint8_t key[32];
    struct memory m = {data, size};
    struct bundle_source sealed = {read_memory, &m};
    CLEANUP(bundle_unsealer_freep) struct bundle_unsealer *u = NULL;
    struct bundle_source frames;
    const char *why;
    struct err e;

    if (bundle_unsealer_new(&u, &sealed, key, &e) != 0)
        return;
    frames = bundle_unsealer_source(u);
    walk(&frames);
    if ((bundle_unsealer_state(u, &why) == BUNDLE_WHOLE) != (why[0] == '\0'))
        BUG("a seal that is not whole has no reason");
}

/* Without the chain, which would keep a fuzzer from everything behind it; in two parts, as pieces
 * may cut it anywhere. */
static void read_archive(const uint8_t *data, size_t size)
{
    uint64_t seen = 0;
    const struct archived_receiver to = {see_entry, see_data, see_end, &seen};
    CLEANUP(bundle_members_freep)
    struct bundle_members *members = bundle_members_new(&to, &bundle_members_usual);
    size_t first = size / 3;
    struct err e = {0};
    int code = bundle_members_add(members, (struct str){(const char *)data, first}, &e);

    if (code == 0)
        code =
            bundle_members_add(members, (struct str){(const char *)data + first, size - first}, &e);
    if (code && e.text[0] == '\0')
        BUG("an archive was refused without a reason");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bundle_summary sum = walk_bytes(data, size);
    struct bundle_summary again;

    if (sum.good > size || (sum.state == BUNDLE_WHOLE && sum.good != size) ||
        (sum.state == BUNDLE_WHOLE) != (sum.why[0] == '\0'))
        BUG("more is good than there is");
    again = walk_bytes(data, (size_t)sum.good);
    if (again.pieces != sum.pieces || again.members != sum.members ||
        !hash_eq(&again.link, &sum.link) || again.state > BUNDLE_CUT)
        BUG("what is good is not found good again");
    walk_sealed(data, size);
    if (size)
        read_archive(data, size);
    return 0;
}
