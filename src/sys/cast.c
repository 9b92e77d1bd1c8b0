/* cast.c: the lines of an asciicast. */
#include "sys/cast.h"
#include "base/sink.h"
#include "sys/file.h"

static void write_line(struct cast *c, struct str line)
{
    if (c->state.code)
        return;
    if (line.len > c->most - c->size) {
        (void)err_set(&c->state, ERR_LIMIT, "the recording was ended at its limit of %llu bytes",
                      (unsigned long long)c->most);
        return;
    }
    if (file_write_fd(c->fd, line.p, line.len, "the recording", &c->state) == 0)
        c->size += line.len;
}

static void add_env(struct buf *line, const char *name, bool is_first)
{
    buf_addf(line, "%s\"%s\": \"", is_first ? "" : ", ", name);
    sink_json(line, str_of(getenv(name)));
    buf_adds(line, "\"");
}

void cast_begin(struct cast *c, int fd, uint64_t most, const struct cast_start *start)
{
    CLEANUP_BUF struct buf line = {0};

    *c = (struct cast){
        .fd = fd, .most = most, .start_ns = start->mono_ns, .wants_return = start->wants_return};
    buf_addf(&line, "{\"version\": 2, \"width\": %u, \"height\": %u, \"timestamp\": %lld",
             start->columns, start->rows, (long long)start->time.sec);
    buf_adds(&line, ", \"command\": \"");
    sink_json(&line, start->command);
    buf_adds(&line, "\", \"env\": {");
    add_env(&line, "SHELL", true);
    add_env(&line, "TERM", false);
    buf_adds(&line, "}}\n");
    write_line(c, buf_str(&line));
}

static void begin_event(const struct cast *c, struct buf *line, uint64_t mono_ns, char kind)
{
    uint64_t us = (mono_ns - c->start_ns) / 1000;

    buf_addf(line, "[%llu.%06llu, \"%c\", \"", (unsigned long long)(us / 1000000),
             (unsigned long long)(us % 1000000), kind);
}

/* How many bytes at the end begin a sequence that is not complete (RFC 3629 §3). */
static size_t open_tail(struct str s)
{
    for (size_t back = 1; back <= 3 && back <= s.len; back++) {
        unsigned char c = (unsigned char)s.p[s.len - back];
        size_t wanted = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc0 ? 2 : 1;

        if (c >= 0xc0)
            return wanted > back ? back : 0;
        if (c < 0x80)
            return 0;
    }
    return 0;
}

static void add_text(const struct cast *c, struct buf *line, struct str text)
{
    if (!c->wants_return) {
        sink_json(line, text);
        return;
    }
    while (text.len) {
        const char *end = memchr(text.p, '\n', text.len);
        size_t len = end ? (size_t)(end - text.p) : text.len;

        sink_json(line, str_head(text, len));
        if (end)
            buf_adds(line, "\\u000d\\n");
        text = str_from(text, len + (end != NULL));
    }
}

static void output_event(struct cast *c, uint64_t mono_ns, struct str text)
{
    CLEANUP_BUF struct buf line = {0};

    if (text.len == 0)
        return;
    begin_event(c, &line, mono_ns, 'o');
    add_text(c, &line, text);
    buf_adds(&line, "\"]\n");
    write_line(c, buf_str(&line));
}

void cast_output(struct cast *c, uint64_t mono_ns, struct str bytes)
{
    CLEANUP_BUF struct buf text = {0};
    size_t tail;

    buf_add(&text, c->held, c->held_count);
    buf_addstr(&text, bytes);
    tail = open_tail(buf_str(&text));
    memcpy(c->held, buf_text(&text) + text.len - tail, tail);
    c->held_count = tail;
    output_event(c, mono_ns, str_head(buf_str(&text), text.len - tail));
}

void cast_resize(struct cast *c, uint64_t mono_ns, unsigned columns, unsigned rows)
{
    CLEANUP_BUF struct buf line = {0};

    begin_event(c, &line, mono_ns, 'r');
    buf_addf(&line, "%ux%u\"]\n", columns, rows);
    write_line(c, buf_str(&line));
}

void cast_end(struct cast *c, uint64_t mono_ns)
{
    output_event(c, mono_ns, (struct str){c->held, c->held_count});
    c->held_count = 0;
}
