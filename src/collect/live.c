/* live.c: what the steps that write live/ share. */
#include "collect/live.h"
#include <arpa/inet.h>
#include <unistd.h>

enum { NS_PER_S = 1000000000 };

struct bundle_lines *live_open(struct collection *c, const char *name)
{
    return bundle_lines_new(c->bundle, name);
}

void live_line_end(struct collection *c, struct bundle_lines *l)
{
    int code = bundle_line_end(l, c->e);

    if (code && !c->status)
        c->status = code;
}

void live_close(struct collection *c, struct bundle_lines *l)
{
    if (c->status)
        bundle_lines_abort(l);
    else
        c->status = bundle_lines_end(l, c->e);
}

static int take_file(struct live_file *f, int fd)
{
    struct stat st;

    *f = (struct live_file){.fd = -1};
    if (fd < 0)
        return fd;
    f->fd = fd;
    if (fstat(fd, &st) < 0)
        return -errno;
    return S_ISREG(st.st_mode) ? 0 : -EINVAL;
}

int live_file_open(struct live_file *f, struct collection *c, const char *path)
{
    return take_file(f, host_open(&c->host, path, O_RDONLY));
}

int live_file_open_in(struct live_file *f, int folder, const char *name)
{
    int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    return take_file(f, fd < 0 ? -errno : fd);
}

void live_file_close(struct live_file *f)
{
    collect_fd_close(&f->fd);
    buf_release(&f->bytes);
    *f = (struct live_file){.fd = -1};
}

static void read_more(struct live_file *f)
{
    enum { STEP = 16 << 10 };
    ssize_t n;

    if (f->at) {
        memmove(f->bytes.p, f->bytes.p + f->at, f->bytes.len - f->at);
        f->bytes.len -= f->at;
        f->at = 0;
    }
    do
        n = read(f->fd, buf_room(&f->bytes, STEP), STEP);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        f->code = -errno;
    f->is_end = n <= 0;
    if (n > 0)
        f->bytes.len += (size_t)n;
}

static bool whole_line(struct live_file *f, struct str *line)
{
    struct str rest = str_from(buf_str(&f->bytes), f->at);
    const char *end = rest.len ? memchr(rest.p, '\n', rest.len) : NULL;

    if (!end && !(f->is_end && rest.len))
        return false;
    *line = str_head(rest, end ? (size_t)(end - rest.p) : rest.len);
    f->at += line->len + (end != NULL);
    return true;
}

/* Drops what is behind the first part of a line that is too long, up to its end. */
static void drop_rest(struct live_file *f)
{
    f->cut_count++;
    f->bytes.len = f->at + LIVE_LINE_SIZE;
    while (!f->is_end) {
        struct live_file rest = {.fd = f->fd};
        const char *end;

        read_more(&rest);
        f->is_end = rest.is_end;
        f->code = rest.code;
        end = rest.bytes.len ? memchr(rest.bytes.p, '\n', rest.bytes.len) : NULL;
        if (end)
            buf_add(&f->bytes, end, rest.bytes.len - (size_t)(end - rest.bytes.p));
        buf_release(&rest.bytes);
        if (end)
            return;
    }
}

bool live_file_line(struct live_file *f, struct str *line)
{
    for (;;) {
        if (whole_line(f, line)) {
            if (line->len > LIVE_LINE_SIZE) {
                f->cut_count++;
                *line = str_head(*line, LIVE_LINE_SIZE);
            }
            return true;
        }
        if (f->is_end)
            return false;
        if (f->bytes.len - f->at > LIVE_LINE_SIZE)
            drop_rest(f);
        else
            read_more(f);
    }
}

bool live_is_new(struct live_seen *seen, uint64_t number)
{
    for (size_t i = 0; i < seen->count; i++)
        if (seen->list[i] == number)
            return false;
    if (seen->count == COUNT_OF(seen->list))
        return false;
    seen->list[seen->count++] = number;
    return true;
}

/* modules.builtin(5): "kernel/net/netfilter/nf_tables.ko" a line. */
static bool is_built_in(struct collection *c, const char *module)
{
    CLEANUP_BUF struct buf release = {0};
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_LIVE_FILE struct live_file f = {.fd = -1};
    struct str text = host_line(&c->host, "proc/sys/kernel/osrelease", &release);
    struct str line;

    buf_addf(&path, "lib/modules/" STR_FMT "/modules.builtin", STR_ARG(text));
    if (text.len == 0 || memchr(text.p, '/', text.len) ||
        live_file_open(&f, c, buf_text(&path)) < 0)
        return false;
    buf_clear(&path);
    buf_addf(&path, "/%s.ko", module);
    while (live_file_line(&f, &line))
        if (str_ends(line, buf_text(&path)))
            return true;
    return false;
}

bool live_may_ask(struct collection *c, const char *module, const char *what)
{
    CLEANUP_BUF struct buf path = {0};
    struct stat st;

    buf_addf(&path, "sys/module/%s", module);
    if (host_stat(&c->host, "proc/modules", &st) == -ENOENT ||
        host_stat(&c->host, buf_text(&path), &st) == 0 || is_built_in(c, module))
        return true;
    collection_missing(c, str_of(module), 0,
                       "the kernel's module is not loaded, and asking for %s would load it", what);
    return false;
}

const char *live_word(const struct live_word *words, uint64_t value)
{
    for (; words->name; words++)
        if (words->value == value)
            return words->name;
    return NULL;
}

void live_put_word(struct json *j, const char *name, const struct live_word *words, uint64_t value)
{
    char text[24];

    snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
    json_put_text(j, name, live_word(words, value) ? live_word(words, value) : text);
}

void live_put_bits(struct json *j, const char *name, const struct live_word *words, uint64_t bits)
{
    char text[24];

    json_name(j, name);
    json_array_begin(j);
    for (; words->name; words++) {
        if (!words->value || (bits & words->value) != words->value)
            continue;
        json_text(j, words->name);
        bits &= ~words->value;
    }
    snprintf(text, sizeof(text), "0x%llx", (unsigned long long)bits);
    if (bits)
        json_text(j, text);
    json_array_end(j);
}

void live_put_hex_u64(struct json *j, const char *name, uint64_t value)
{
    char text[24];

    snprintf(text, sizeof(text), "0x%llx", (unsigned long long)value);
    json_put_text(j, name, text);
}

static void put_one(struct json *j, struct str one, bool as_hex)
{
    if (as_hex)
        json_hex(j, one.p, one.len);
    else
        json_str(j, one);
}

/* What does not fit is cut to what fits for sure: escaping makes six bytes of one at most. */
static bool put_list(struct json *j, const char *name, struct str strings, size_t most, bool as_hex)
{
    size_t start = j->out->len;
    bool is_cut = false;

    json_name(j, name);
    json_array_begin(j);
    while (strings.len && !is_cut) {
        struct str one = str_cut(&strings, '\0');
        struct json before = *j;
        size_t len = j->out->len;

        put_one(j, one, as_hex);
        is_cut = j->out->len - start > most;
        if (!is_cut)
            continue;
        *j = before;
        j->out->len = len;
        if (len - start < most)
            put_one(j, str_head(one, (most - (len - start)) / 6), as_hex);
    }
    json_array_end(j);
    return is_cut;
}

bool live_put_strings(struct json *j, const char *name, struct str strings, size_t most)
{
    CLEANUP_BUF struct buf hex_name = {0};
    bool is_cut = put_list(j, name, strings, most, false);

    if (!str_has_utf8_error(strings))
        return is_cut;
    buf_addf(&hex_name, "%s_hex", name);
    return put_list(j, buf_text(&hex_name), strings, most / 2, true) || is_cut;
}

void live_put_address(struct json *j, const char *name, int family, struct str bytes)
{
    char text[INET6_ADDRSTRLEN];
    size_t size = family == AF_INET ? 4 : 16;

    if ((family == AF_INET || family == AF_INET6) && bytes.len >= size &&
        inet_ntop(family, bytes.p, text, sizeof(text)))
        json_put_text(j, name, text);
}

struct str live_text(struct str bytes)
{
    return (struct str){bytes.p, bytes.len ? strnlen(bytes.p, bytes.len) : 0};
}

struct utc live_booted(struct collection *c)
{
    CLEANUP_LIVE_FILE struct live_file f = {.fd = -1};
    struct timespec now;
    struct timespec since;
    struct str line;
    uint64_t sec;

    if (c->host.is_live && clock_gettime(CLOCK_REALTIME, &now) == 0 &&
        clock_gettime(CLOCK_BOOTTIME, &since) == 0) {
        int64_t ns = now.tv_nsec - since.tv_nsec;

        return (struct utc){.sec = now.tv_sec - since.tv_sec - (ns < 0),
                            .ns = (uint32_t)(ns < 0 ? ns + NS_PER_S : ns)};
    }
    if (live_file_open(&f, c, "proc/stat") == 0)
        while (live_file_line(&f, &line))
            if (str_starts(line, "btime ") && str_u64(str_trim(str_from(line, 6)), &sec) &&
                sec < (uint64_t)1 << 36)
                return (struct utc){.sec = (int64_t)sec};
    return (struct utc){0};
}

struct utc live_after(struct utc booted, uint64_t ns)
{
    if (booted.sec == 0 || ns / NS_PER_S > (uint64_t)1 << 36)
        return (struct utc){0};
    ns += booted.ns;
    return (struct utc){.sec = booted.sec + (int64_t)(ns / NS_PER_S),
                        .ns = (uint32_t)(ns % NS_PER_S)};
}

uint64_t live_namespace(int folder, const char *name, struct buf *buf)
{
    struct str text;
    uint64_t n;

    buf_clear(buf);
    if (host_link_in(folder, name, buf) < 0)
        return 0;
    text = buf_str(buf);
    str_cut(&text, '[');
    return str_u64(str_cut(&text, ']'), &n) ? n : 0;
}
