/* fuzz_timeline_walk.c: any bytes are walked through as evidence: the walk ends well, each thing in
 * it has a name and the bytes that it says, and two that share the work find what one does. */
#include <sys/mman.h>
#include <unistd.h>
#include "base/hash.h"
#include "base/mem.h"
#include "timeline/walk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PART = 64 << 10, TAKEN_S = 1764040329 };

/* Of the sealed ones in the corpus. */
static const uint8_t stream_key[] = "a key of thirty-two bytes, known";
_Static_assert(sizeof(stream_key) == 32 + 1, "and a NUL");

struct found {
    uint64_t members, bytes, remarks;
};

static uint64_t read_all(const struct walked *m)
{
    CLEANUP_FREE char *bytes = mem_alloc(PART);
    uint64_t off = 0;
    size_t got = 1;

    while (got) {
        if (m->bytes(m->context, off, bytes, PART, &got, NULL) || got > PART)
            BUG("memory cannot be read");
        off += got;
    }
    if (m->bytes(m->context, m->size + 1, bytes, PART, &got, NULL) || got)
        BUG("there are bytes past the end");
    return off;
}

static int take(void *context, const struct walked *m, struct err *e)
{
    struct found *f = context;
    uint64_t size = read_all(m);

    (void)e;
    if (!str_starts(m->name, "evidence") || size != m->size)
        BUG("a member without a name, or of another size");
    if (m->written.s > TAKEN_S + 86400)
        BUG("a member that was written after it was taken");
    f->members++;
    f->bytes += size;
    return 0;
}

static int remark(void *context, struct str name, const char *words, struct err *e)
{
    (void)e;
    if (!str_starts(name, "evidence") || str_of(words).len == 0)
        BUG("something is said of nothing");
    ((struct found *)context)->remarks++;
    return 0;
}

static struct found walk(int in, uint32_t share, uint32_t shares)
{
    struct found f = {0};
    const struct walk walk = {.in = in,
                              .is_utc = true,
                              .stream_key = stream_key,
                              .name = STR("evidence"),
                              .written = {TAKEN_S, INT64_MIN},
                              .taken_s = TAKEN_S,
                              .share = share,
                              .shares = shares,
                              .take = take,
                              .remark = remark,
                              .about = remark,
                              .context = &f};
    struct err e = {0};

    if (walk_evidence(&walk, &e))
        BUG("the walk fails: %s", e.text);
    return f;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int in = memfd_create("evidence", MFD_CLOEXEC);
    struct found all, first, second;
    bool is_container, has_many;
    struct err e = {0};

    if (in < 0 || write(in, data, size) != (ssize_t)size)
        BUG("memory cannot be written");
    if (walk_is_container(in, &is_container, &has_many, &e))
        BUG("memory cannot be read: %s", e.text);
    all = walk(in, 0, 0);
    if (!is_container && (all.members != 1 || all.bytes != size || all.remarks))
        BUG("what is no container is not itself");
    if (is_container && all.members + all.remarks == 0)
        BUG("a container with nothing to say of it");
    first = walk(in, 0, 2);
    second = walk(in, 1, 2);
    if (first.members + second.members != all.members || first.bytes + second.bytes != all.bytes ||
        first.remarks + second.remarks != all.remarks)
        BUG("two walks do not find what one does");
    (void)close(in);
    return 0;
}
