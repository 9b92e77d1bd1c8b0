/* import.c: foreign JSON through the worker. */
#include "practice/import.h"
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/limits.h"
#include "sys/clock.h"
#include "sys/file.h"

enum { CPU_S = 10, WALL_S = 60 };

#define WORKER_MEMORY ((uint64_t)768 << 20)
#define WORKER_OUTPUT ((uint64_t)64 << 20)

/* Depth is counted before the parser recurses; brackets within strings do not count. */
static int check_depth(struct str text, struct err *e)
{
    unsigned depth = 0;
    bool in_string = false;

    for (size_t i = 0; i < text.len; i++) {
        char c = text.p[i];

        if (in_string) {
            if (c == '\\')
                i++;
            else if (c == '"')
                in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            if (++depth > LIMIT_JSON_DEPTH)
                return err_set(e, ERR_LIMIT, "it is nested more than %d levels deep",
                               (int)LIMIT_JSON_DEPTH);
        } else if ((c == '}' || c == ']') && depth) {
            depth--;
        }
    }
    return 0;
}

/* The parser's tables are scattered by a seed, for which it would open a file; the worker may not.
 */
static void seed_parser(void)
{
    size_t seed;

    random_bytes(&seed, sizeof(seed));
    json_object_seed(seed ? seed : 1);
}

int import_json_text(json_t **out, struct str text, struct err *e)
{
    json_error_t why;
    json_t *root;
    int rc = check_depth(text, e);

    if (rc)
        return rc;
    seed_parser();
    root = json_loadb(text.p, text.len, JSON_REJECT_DUPLICATES, &why);
    if (!root && json_error_code(&why) == json_error_out_of_memory)
        return err_set(e, ERR_LIMIT, "it needs more memory than a document may");
    if (!root)
        return err_set(e, ERR_FORMAT, "it is not JSON: line %d, column %d: %s", why.line,
                       why.column, why.text);
    *out = root;
    return 0;
}

int import_json(json_t **out, int in, struct err *e)
{
    CLEANUP_BUF struct buf text = {0};

    for (;;) {
        char *room = buf_room(&text, 1 << 16);
        ssize_t n = read(in, room, 1 << 16);

        if (n < 0)
            return err_errno(e, "it cannot be read");
        if (n == 0)
            break;
        text.len += (size_t)n;
        if (text.len > LIMIT_IMPORT_SIZE)
            return err_set(e, ERR_LIMIT, "it is larger than %d MiB", LIMIT_IMPORT_SIZE >> 20);
    }
    return import_json_text(out, (struct str){text.p ? text.p : "", text.len}, e);
}

struct str import_text(const json_t *object, const char *member)
{
    const json_t *value = json_object_get(object, member);

    if (!json_is_string(value))
        return STR("");
    return (struct str){json_string_value(value), json_string_length(value)};
}

/* A length in four bytes, little end first, then the text. */
void import_row_add(struct buf *row, struct str text)
{
    for (unsigned shift = 0; shift < 32; shift += 8)
        buf_addc(row, (char)(unsigned char)(text.len >> shift));
    buf_addstr(row, text);
}

int import_put(const struct import_sink *sink, uint32_t kind, const struct str *texts, size_t count,
               struct err *e)
{
    CLEANUP_BUF struct buf row = {0};

    for (size_t i = 0; i < count; i++)
        import_row_add(&row, texts[i]);
    return sink->put(sink->context, kind, buf_str(&row), e);
}

static int send_row(void *context, uint32_t kind, struct str row, struct err *e)
{
    return worker_send(context, kind, row, e);
}

struct import_sink import_channel(struct worker_channel *channel)
{
    return (struct import_sink){send_row, channel};
}

static bool take_text(struct str *rest, struct str *out)
{
    size_t len = 0;

    if (rest->len < 4)
        return false;
    for (unsigned i = 0; i < 4; i++)
        len |= (size_t)(unsigned char)rest->p[i] << (8 * i);
    *rest = str_from(*rest, 4);
    if (len > rest->len)
        return false;
    *out = str_head(*rest, len);
    *rest = str_from(*rest, len);
    return !str_has_utf8_error(*out);
}

int import_receive(const struct import_reader *r, uint32_t kind, struct str bytes, struct err *e)
{
    struct str texts[IMPORT_TEXTS_MAX];

    if (kind >= r->kind_count || r->text_counts[kind] > IMPORT_TEXTS_MAX)
        return err_set(e, ERR_TAMPER, "the reader sent a row of a kind that is not known");
    for (size_t i = 0; i < r->text_counts[kind]; i++)
        if (!take_text(&bytes, &texts[i]))
            return err_set(e, ERR_TAMPER, "the reader sent a damaged row");
    if (bytes.len)
        return err_set(e, ERR_TAMPER, "the reader sent a damaged row");
    return r->row(r->context, kind, texts, e);
}

static int receive(void *context, uint32_t kind, struct str bytes, struct err *e)
{
    return import_receive(context, kind, bytes, e);
}

int import_run(const struct import_reader *r, const char *name, int fd, struct str argument,
               struct err *e)
{
    struct worker_limits limits = {
        .cpu_s = CPU_S, .wall_s = WALL_S, .memory = WORKER_MEMORY, .output = WORKER_OUTPUT};
    struct import_reader copy = *r;

    if (lseek(fd, 0, SEEK_SET) < 0)
        return err_errno(e, "cannot read %s", name);
    return worker_run(r->job, name, fd, argument, &limits, receive, &copy, e);
}

int import_memory(int *fd, struct str bytes, struct err *e)
{
    CLEANUP_FD int made = memfd_create("document", MFD_CLOEXEC);
    int rc;

    if (made < 0)
        return err_errno(e, "cannot make room for a document");
    rc = file_write_fd(made, bytes.p, bytes.len, "a document in memory", e);
    if (rc)
        return rc;
    *fd = made;
    made = -1;
    return 0;
}

int import_open(int *fd, const char *path, struct err *e)
{
    /* A FIFO must not hang us. */
    CLEANUP_FD int opened = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat st;

    if (opened < 0 || fstat(opened, &st) < 0)
        return err_errno(e, "cannot open %s", path);
    if (!S_ISREG(st.st_mode))
        return err_set(e, ERR_USAGE, "%s is not a file", path);
    if (st.st_size > LIMIT_IMPORT_SIZE)
        return err_set(e, ERR_LIMIT, "%s is larger than %d MiB", path, LIMIT_IMPORT_SIZE >> 20);
    *fd = opened;
    opened = -1;
    return 0;
}
