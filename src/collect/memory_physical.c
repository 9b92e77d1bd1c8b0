/* memory_physical.c: copies the whole memory by /proc/kcore or /dev/mem, in the format of LiME. */
#include <elf.h>
#include <unistd.h>
#include "collect/hidden.h"
#include "base/size.h"

/* A member is at most one part, so that what is not read of it when a person wants an end is soon
 * filled. */
enum { PART_SIZE = 256 << 20 };
enum { RANGE_COUNT = 4096, SEGMENT_COUNT = 4096, STEP_SIZE = 256 << 10, BLOCK = 4096 };

/* LiME's header of a range, in little-endian: u32 magic, u32 version, u64 first and u64 last
 * address, 8 bytes of zeros. */
enum { LIME_MAGIC = 0x4C694D45, LIME_VERSION = 1, LIME_HEADER_SIZE = 32 };

/* Physical addresses, and where they stand in the file that is read. */
struct range {
    uint64_t start;
    uint64_t size;
    uint64_t off;
};

struct ranges {
    struct range list[RANGE_COUNT];
    size_t count;
};

struct physical {
    struct collection *c;
    const char *path;
    int fd;
    struct ranges ram;      /* as /proc/iomem tells */
    struct ranges segments; /* of /proc/kcore that lie at a physical address */
    struct ranges wanted;
    char *step;
    unsigned part;       /* number of the next member */
    uint64_t unreadable; /* bytes of all parts */
    unsigned zeros;      /* segments at the physical address 0 */
};

static void settle(struct physical *p, int code)
{
    if (code && !p->c->status)
        p->c->status = code;
}

static void say(struct physical *p, const char *what, int code, const char *why)
{
    collection_missing(p->c, str_of(what), -code, "%s", why);
}

static bool add_range(struct ranges *r, uint64_t start, uint64_t size, uint64_t off)
{
    if (r->count == RANGE_COUNT)
        return false;
    r->list[r->count++] = (struct range){start, size, off};
    return true;
}

/* "00100000-bffdffff : System RAM"; what lies within such a range is indented. Without rights all
 * addresses are shown as zeros. */
static int read_ram(struct physical *p)
{
    CLEANUP_LIVE_FILE struct live_file f = {.fd = -1};
    int code = live_file_open(&f, p->c, "proc/iomem");
    struct str line;

    while (code == 0 && live_file_line(&f, &line)) {
        struct str range = line;
        uint64_t start;
        uint64_t last;
        struct str numbers = str_trim(str_cut(&range, ':'));

        if (line.len == 0 || line.p[0] == ' ' || !str_is(str_trim(range), "System RAM") ||
            !read_u64_base(str_cut(&numbers, '-'), 16, &start) ||
            !read_u64_base(numbers, 16, &last) || last <= start || last == UINT64_MAX)
            continue;
        if (!add_range(&p->ram, start, last - start + 1, start))
            return -EFBIG;
    }
    return code < 0 ? code : p->ram.count ? 0 : -EACCES;
}

static ssize_t read_at(int fd, void *out, size_t size, uint64_t off)
{
    ssize_t n;

    if (off > INT64_MAX)
        return -EOVERFLOW;
    do
        n = pread(fd, out, size, (off_t)off);
    while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : n;
}

/* The segments of the direct mapping say where they lie physically; those of the kernel's virtual
 * memory say -1. */
static void add_segment(struct physical *p, const Elf64_Phdr *h)
{
    if (h->p_type != PT_LOAD || h->p_paddr == UINT64_MAX || h->p_memsz == 0 ||
        h->p_paddr + h->p_memsz < h->p_paddr || h->p_offset + h->p_memsz < h->p_offset)
        return;
    p->zeros += h->p_paddr == 0;
    (void)add_range(&p->segments, h->p_paddr, h->p_memsz, h->p_offset);
}

static int read_segments(struct physical *p)
{
    Elf64_Ehdr e;

    if (read_at(p->fd, &e, sizeof(e), 0) != (ssize_t)sizeof(e) ||
        memcmp(e.e_ident, ELFMAG, SELFMAG) != 0 || e.e_ident[EI_CLASS] != ELFCLASS64 ||
        e.e_ident[EI_DATA] != ELFDATA2LSB || e.e_type != ET_CORE ||
        e.e_phentsize != sizeof(Elf64_Phdr) || e.e_phnum > SEGMENT_COUNT)
        return -EINVAL;
    for (unsigned i = 0; i < e.e_phnum; i++) {
        Elf64_Phdr h;

        if (read_at(p->fd, &h, sizeof(h), e.e_phoff + i * sizeof(h)) != (ssize_t)sizeof(h))
            return -EINVAL;
        add_segment(p, &h);
    }
    return p->zeros > 1 ? -EOPNOTSUPP : 0; /* old kernels write 0 for all */
}

/* What of the memory from start on lies in one segment, and where; 0 where none has it: then *skip
 * is how far the next one is. */
static uint64_t find_segment(const struct physical *p, uint64_t start, uint64_t size, uint64_t *off,
                             uint64_t *skip)
{
    *skip = size;
    for (size_t i = 0; i < p->segments.count; i++) {
        const struct range *s = &p->segments.list[i];

        if (start >= s->start && start - s->start < s->size) {
            uint64_t rest = s->size - (start - s->start);

            *off = s->off + (start - s->start);
            return rest < size ? rest : size;
        }
        if (s->start > start && s->start - start < *skip)
            *skip = s->start - start;
    }
    return 0;
}

/* Memory, and nothing that is a device: each range of RAM, as far as a segment has it. */
static uint64_t map_ram(struct physical *p)
{
    uint64_t lost = 0;

    for (size_t i = 0; i < p->ram.count; i++) {
        const struct range *r = &p->ram.list[i];

        for (uint64_t at = 0; at < r->size;) {
            uint64_t off;
            uint64_t skip;
            uint64_t size = find_segment(p, r->start + at, r->size - at, &off, &skip);

            if (size && !add_range(&p->wanted, r->start + at, size, off))
                return lost + r->size - at;
            lost += size ? 0 : skip;
            at += size ? size : skip;
        }
    }
    return lost;
}

static void put_number(uint8_t *out, size_t size, uint64_t n)
{
    for (size_t i = 0; i < size; i++, n >>= 8)
        out[i] = (uint8_t)n;
}

static void put_header(struct physical *p, uint64_t start, uint64_t size)
{
    uint8_t header[LIME_HEADER_SIZE] = {0};

    put_number(header, 4, LIME_MAGIC);
    put_number(header + 4, 4, LIME_VERSION);
    put_number(header + 8, 8, start);
    put_number(header + 16, 8, start + size - 1);
    settle(p, bundle_data(p->c->bundle, header, sizeof(header), p->c->e));
}

/* A page that the kernel keeps back (poisoned, given to a guest) is filled with zeros. Returns how
 * many bytes of them. */
static uint64_t put_bytes_at(struct physical *p, uint64_t off, uint64_t size)
{
    uint64_t unreadable = 0;

    for (uint64_t at = 0; at < size && p->c->status == 0 && !collection_is_stopped(p->c);) {
        size_t want = size - at < STEP_SIZE ? (size_t)(size - at) : STEP_SIZE;
        ssize_t n = read_at(p->fd, p->step, want, off + at);

        if (n <= 0) {
            n = want < BLOCK ? (ssize_t)want : BLOCK;
            memset(p->step, 0, (size_t)n);
            unreadable += (uint64_t)n;
        }
        collection_pace(p->c, (size_t)n);
        settle(p, bundle_data(p->c->bundle, p->step, (size_t)n, p->c->e));
        at += (uint64_t)n;
    }
    return unreadable;
}

/* One member: a range of its own, and so a file of LiME's, as all of them one behind the other are.
 * False where the bundle takes no more. */
static bool put_part(struct physical *p, uint64_t start, uint64_t size, uint64_t off)
{
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_BUF struct buf source = {0};
    struct bundle_member m = {.type = '0', .size = LIME_HEADER_SIZE + size};
    uint64_t unreadable;

    buf_addf(&path, "memory/physical-%03u.lime", p->part++);
    buf_addf(&source, "/%s", p->path);
    m.path = buf_str(&path);
    m.source = buf_str(&source);
    if (!collection_has_room(p->c, m.path, m.size))
        return false;
    settle(p, bundle_member_begin(p->c->bundle, &m, p->c->e));
    if (p->c->status)
        return false;
    put_header(p, start, size);
    unreadable = put_bytes_at(p, off, size);
    p->unreadable += unreadable;
    if (p->c->status == 0)
        settle(p, bundle_member_end(p->c->bundle,
                                    p->c->was_stopped ? "stopped"
                                    : unreadable      ? "unreadable"
                                                      : NULL,
                                    0, p->c->e));
    return p->c->status == 0;
}

static bool put_range(struct physical *p, const struct range *r)
{
    uint64_t size;

    for (uint64_t at = 0; at < r->size; at += size) {
        size = r->size - at < PART_SIZE ? r->size - at : PART_SIZE;
        if (collection_is_stopped(p->c) || !put_part(p, r->start + at, size, r->off + at))
            return false;
    }
    return true;
}

static void put_memory(struct physical *p)
{
    char size[SIZE_TEXT_SIZE];
    size_t i = 0;

    while (i < p->wanted.count && put_range(p, &p->wanted.list[i]))
        i++;
    if (p->unreadable)
        collection_missing(p->c, str_of(p->path), 0, "%s could not be read and are zeros",
                           size_text(size, p->unreadable));
}

/* 0, or why this way does not lead to the memory. */
static int by_kcore(struct physical *p)
{
    char size[SIZE_TEXT_SIZE];
    uint64_t lost;
    int code = read_segments(p);

    if (code < 0)
        return code;
    lost = map_ram(p);
    if (p->wanted.count == 0)
        return -ENODATA;
    put_memory(p);
    if (lost)
        collection_missing(p->c, STR("/proc/kcore"), 0,
                           "%s of memory have no place in it and are missing",
                           size_text(size, lost));
    return 0;
}

/* Many kernels allow the first megabyte alone (CONFIG_STRICT_DEVMEM): the last byte says whether
 * the rest can be read. */
static int by_mem(struct physical *p)
{
    const struct range *last = &p->ram.list[p->ram.count - 1];
    ssize_t n = read_at(p->fd, p->step, 1, last->start + last->size - 1);

    if (n != 1)
        return n < 0 ? (int)n : -ENODATA;
    p->wanted = p->ram;
    put_memory(p);
    return 0;
}

static const struct {
    const char *path;
    int (*copy)(struct physical *p);
} ways[] = {{"proc/kcore", by_kcore}, {"dev/mem", by_mem}};

static int try_way(struct physical *p, size_t way)
{
    CLEANUP_HOST_FD int fd = host_open(&p->c->host, ways[way].path, O_RDONLY);

    p->path = ways[way].path;
    p->fd = fd;
    return fd < 0 ? fd : ways[way].copy(p);
}

static const char *why_not(int code)
{
    switch (code) {
    case -ENOENT:
        return "this kernel does not have it";
    case -EPERM:
    case -EACCES:
        return "reading it is not allowed: not as root, not with these capabilities, or the kernel "
               "is locked down";
    case -EINVAL:
        return "it is not a 64-bit little-endian core";
    case -EOPNOTSUPP:
        return "this kernel does not say in it where memory lies physically";
    default:
        return "it does not give the memory";
    }
}

void collection_memory_physical(struct collection *c)
{
    CLEANUP_FREE char *step = mem_alloc(STEP_SIZE);
    CLEANUP_FREE struct physical *p = mem_new(struct physical);
    CLEANUP_BUF struct buf what = {0};
    int code;

    if (!c->options->wants_physical)
        return;
    p->c = c;
    p->step = step;
    code = read_ram(p);
    if (code < 0) {
        say(p, "/proc/iomem", code, "where the memory lies is not told: it is not copied");
        collection_unmet(c, "The whole memory is not in the bundle: where it lies is not told.");
        return;
    }
    for (size_t i = 0; i < COUNT_OF(ways); i++) {
        code = try_way(p, i);
        if (code == 0)
            return;
        buf_clear(&what);
        buf_addf(&what, "/%s", ways[i].path);
        say(p, buf_text(&what), code, why_not(code));
    }
    say(p, "memory/physical", 0, "the whole memory could not be copied in any of these ways");
    collection_unmet(c,
                     "The whole memory is not in the bundle: this kernel lets it be read in none "
                     "of the ways that there are. The bundle says why, of each.");
}
