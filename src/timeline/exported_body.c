/* exported_body.c: joins the events of files' times to the lines of a body file. */
#include <stdlib.h>
#include "base/keyed.h"
#include "base/mem.h"
#include "sys/clock.h"
#include "timeline/body.h"
#include "timeline/exported.h"

enum { FILES_MOST = 1 << 20, SLOTS = 2 * FILES_MOST, TEXT_MOST = 256 << 20, NS_OF_S = 1000000000 };

/* A line to be; its text is all before the times. */
struct file {
    struct str text;
    int64_t seconds[BODY_LETTERS_];
    uint8_t has; /* bits by body_letter */
};
struct export_body {
    struct arena *arena;
    struct file *files;
    size_t count, room, text_size;
    uint32_t *slots; /* number + 1; 0: free */
    struct buf key;
    struct keyed hash; /* whoever made the evidence chose the names */
};

struct export_body *export_body_new(void)
{
    struct export_body *b = mem_new(struct export_body);

    b->arena = arena_new();
    b->slots = mem_array(SLOTS, sizeof(b->slots[0]));
    random_bytes(&b->hash, sizeof(b->hash));
    return b;
}

void export_body_free(struct export_body *b)
{
    if (!b)
        return;
    arena_free(b->arena);
    free(b->files);
    free(b->slots);
    buf_release(&b->key);
    free(b);
}

static struct str value_of(const struct exported *x, const char *name)
{
    for (size_t i = 0; i < x->count; i++)
        if (str_is(x->fields[i].name, name))
            return x->fields[i].value;
    return STR("");
}

/* As fls shows names: what would end a line or a column is a ^. */
static void add_name(struct buf *out, struct str name)
{
    for (size_t i = 0; i < name.len; i++) {
        unsigned char c = (unsigned char)name.p[i];

        buf_addc(out, c < 0x20 || c == 0x7f || c == '|' ? '^' : (char)c);
    }
}

static char letter_of(struct str type)
{
    static const struct {
        const char *type;
        char letter;
    } types[] = {{"file", 'r'},   {"dir", 'd'},  {"symlink", 'l'},          {"link", 'l'},
                 {"folder", 'd'}, {"fifo", 'p'}, {"character device", 'c'}, {"block device", 'b'},
                 {"socket", 'h'}};

    for (size_t i = 0; i < COUNT_OF(types); i++)
        if (str_is(type, types[i].type))
            return types[i].letter;
    return '-';
}

static void add_mode(struct buf *out, const struct exported *x)
{
    static const char rights[] = "rwxrwxrwx", special[] = "sst";
    struct str mode = value_of(x, "file.mode"), own = value_of(x, "body.mode");
    char letter = letter_of(value_of(x, "file.type"));
    unsigned bits = 0;

    if (own.len) {
        add_name(out, own);
        return;
    }
    for (size_t i = 0; i < mode.len && i < 6; i++)
        bits = bits << 3 | ((unsigned)mode.p[i] & 7);
    buf_addf(out, "%c/%c", letter, letter);
    for (unsigned i = 0; i < 9; i++) {
        bool has = bits >> (8 - i) & 1;

        if (i % 3 == 2 && bits >> (11 - i / 3) & 1)
            buf_addc(out, has ? special[i / 3] : (char)(special[i / 3] - 'a' + 'A'));
        else
            buf_addc(out, has ? rights[i] : '-');
    }
}

static void add_column(struct buf *out, struct str value)
{
    buf_addc(out, '|');
    add_name(out, value.len ? value : STR("0"));
}

/* A user is told by number where there is one. */
static struct str number_or_name(const struct exported *x, const char *number, const char *name)
{
    struct str value = value_of(x, number);

    return value.len ? value : value_of(x, name);
}

static void add_text(struct buf *out, const struct exported *x)
{
    struct str md5 = value_of(x, "file.hash.md5"), state = value_of(x, "file_system.state");
    struct str fork = value_of(x, "file.fork_name"), target = value_of(x, "file.target_path");

    buf_addstr(out, md5.len ? md5 : STR("0"));
    buf_addc(out, '|');
    add_name(out, value_of(x, "file.path"));
    if (fork.len)
        buf_addc(out, ':');
    add_name(out, fork);
    if (str_is(value_of(x, "file_system.times"), "$FILE_NAME"))
        buf_adds(out, " ($FILE_NAME)");
    if (target.len)
        buf_adds(out, " -> ");
    add_name(out, target);
    if (state.len)
        buf_adds(out, str_is(state, "reallocated") ? " (deleted-realloc)" : " (deleted)");
    add_column(out, value_of(x, "file.inode"));
    buf_addc(out, '|');
    add_mode(out, x);
    add_column(out, number_or_name(x, "file.uid", "file.owner"));
    add_column(out, number_or_name(x, "file.gid", "file.group"));
    add_column(out, value_of(x, "file.size"));
}

static size_t slot_of(const struct export_body *b, struct str key)
{
    size_t at;

    for (at = keyed_hash(&b->hash, key) % SLOTS; b->slots[at]; at = (at + 1) % SLOTS)
        if (str_eq(b->files[b->slots[at] - 1].text, key))
            break;
    return at;
}

static void add_line(struct buf *out, const struct file *f)
{
    static const uint8_t order[] = {BODY_ACCESSED, BODY_MODIFIED, BODY_CHANGED, BODY_CREATED};
    struct str text = f->text;

    /* The source stands in front, so that files of two sources are two. */
    (void)str_cut(&text, '\0');
    buf_addstr(out, text);
    for (size_t i = 0; i < COUNT_OF(order); i++)
        buf_addf(out, "|%lld", f->has & 1U << order[i] ? (long long)f->seconds[order[i]] : 0LL);
    buf_addc(out, '\n');
}

void export_body_end(struct export_body *b, struct buf *out)
{
    for (size_t i = 0; i < b->count; i++)
        add_line(out, &b->files[i]);
    arena_free(b->arena);
    b->arena = arena_new();
    memset(b->slots, 0, SLOTS * sizeof(b->slots[0]));
    b->count = 0;
    b->text_size = 0;
}

static struct file *file_of(struct export_body *b, struct str key)
{
    size_t slot = slot_of(b, key);
    struct file *f;

    if (b->slots[slot])
        return &b->files[b->slots[slot] - 1];
    b->files = mem_grow(b->files, b->count, &b->room, sizeof(b->files[0]));
    f = &b->files[b->count++];
    *f = (struct file){.text = {arena_dup(b->arena, key.p, key.len), key.len}};
    b->slots[slot] = (uint32_t)b->count;
    b->text_size += key.len;
    return f;
}

/* Another time of the same kind of the same file (it was listed twice) is a line of its own. */
static void add_times(struct file *f, unsigned times, int64_t seconds, struct buf *out)
{
    for (unsigned i = 0; i < BODY_LETTERS_; i++) {
        if (!(times & 1U << i))
            continue;
        if (f->has & 1U << i && f->seconds[i] != seconds) {
            struct file other = {.text = f->text, .has = (uint8_t)(1U << i)};

            other.seconds[i] = seconds;
            add_line(out, &other);
            continue;
        }
        f->has |= (uint8_t)(1U << i);
        f->seconds[i] = seconds;
    }
}

bool export_body_add(struct export_body *b, const struct exported *x, struct buf *out)
{
    unsigned times = body_times(x->meaning);
    int64_t seconds = x->ns / NS_OF_S - (x->ns % NS_OF_S < 0);

    if (!times || str_is(x->precision, "none") || !value_of(x, "file.path").len)
        return false;
    if (b->count == FILES_MOST || b->text_size > TEXT_MOST)
        export_body_end(b, out);
    buf_clear(&b->key);
    buf_addstr(&b->key, x->source);
    buf_addc(&b->key, '\0');
    add_text(&b->key, x);
    add_times(file_of(b, buf_str(&b->key)), times, seconds, out);
    return true;
}
