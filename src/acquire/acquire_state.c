/* acquire_state.c: reads and writes how far an image is. */
#include "acquire/acquire_state.h"
#include "base/hash.h"
#include "base/limits.h"
#include "base/mem.h"

#define FIRST_LINE "calm-image 1"
#define NO_MAP "none"

enum { SUM_LINE_SIZE = 4 + 64 + 1, FOLDERS_MAX = 1000 };

static const char *const format_names[] = {
    [TARGET_E01] = "e01", [TARGET_RAW] = "raw", [TARGET_SPLIT] = "split"};

/* The texts of a beginning, by the word of their line. */
struct text_word {
    const char *word;
    size_t at;
    bool is_optional; /* a program of before did not write it */
};
#define TEXT(word, member)                                                                         \
    {                                                                                              \
        word, offsetof(struct acquire_begin, member), false                                        \
    }
#define TEXT_OPTIONAL(word, member)                                                                \
    {                                                                                              \
        word, offsetof(struct acquire_begin, member), true                                         \
    }
static const struct text_word texts[] = {
    TEXT("source", source),           TEXT("identity", identity),
    TEXT("case", case_number),        TEXT("number", number),
    TEXT("examiner", examiner),       TEXT("notes", notes),
    TEXT("description", description), TEXT("model", model),
    TEXT("serial", serial),           TEXT("system", system),
    TEXT_OPTIONAL("writes", writes),  TEXT_OPTIONAL("damage", damage),
};

static char **text_of(const struct acquire_begin *b, size_t i)
{
    return (char **)((uintptr_t)b + texts[i].at);
}

void acquire_begin_release(struct acquire_begin *b)
{
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        free(*text_of(b, i));
    acquire_history_release(&b->history);
    *b = (struct acquire_begin){0};
}

/* NULL: no such spelling. */
static char *unescape(struct str s)
{
    CLEANUP_BUF struct buf out = {0};

    return buf_add_unescaped(&out, s) ? mem_dup(buf_text(&out), out.len) : NULL;
}

static void add_text(struct buf *out, const char *word, const char *text)
{
    buf_addf(out, "%s ", word);
    buf_add_escaped(out, str_of(text));
    buf_addc(out, '\n');
}

static void add_number(struct buf *out, const char *word, uint64_t n)
{
    buf_addf(out, "%s %llu\n", word, (unsigned long long)n);
}

/* "PLACE ENTRIES": 8 hex digits for each chunk. */
static void add_group(struct buf *out, const struct ewf_open_group *g)
{
    buf_addf(out, "group %llu ", (unsigned long long)g->at);
    for (uint32_t i = 0; i < g->count; i++)
        buf_addf(out, "%08x", g->entries[i]);
    buf_addc(out, '\n');
}

static uint64_t time_ns(struct utc t)
{
    return (uint64_t)t.sec * 1000000000U + t.ns;
}

static void add_born(struct buf *out, const struct target_born *b)
{
    if (b->inode)
        buf_addf(out, "first %llu %llu\n", (unsigned long long)b->inode,
                 (unsigned long long)b->born_ns);
}

/* "SIZE SUMS": 32 hex digits for each piece. */
static void add_announced(struct buf *out, const struct target_announced *a)
{
    buf_addf(out, "ahead %llu ", (unsigned long long)a->size);
    hex_add(out, a->sums[0], a->count * sizeof(a->sums[0]));
    buf_addc(out, '\n');
}

static void add_finding(struct buf *out, const struct acquire_finding *f)
{
    buf_addf(out, "found %u %u %u %llu %llu ", f->first, f->last, f->count,
             (unsigned long long)time_ns(f->from), (unsigned long long)time_ns(f->until));
    buf_add_escaped(out, str_of(f->text));
    buf_addc(out, '\n');
}

static void add_history(struct buf *out, const struct acquire_history *h)
{
    for (size_t i = 0; i < h->count; i++)
        add_finding(out, &h->all[i]);
}

static void add_hash(struct buf *out, const char *word, const struct hash *sum)
{
    buf_addf(out, "%s ", word);
    hex_add(out, sum->b, sizeof(sum->b));
    buf_addc(out, '\n');
}

/* Numbers and words that stay. */
static void add_begin(struct buf *out, const struct acquire_begin *b)
{
    add_number(out, "size", b->size);
    add_number(out, "sector", b->sector_size);
    add_number(out, "removable", b->is_removable);
    add_number(out, "physical", b->is_physical);
    add_text(out, "format", format_names[b->format]);
    add_text(out, "level", b->is_small ? "small" : "fast");
    add_number(out, "segment", b->segment_size);
    add_number(out, "begun", time_ns(b->begun));
    buf_adds(out, "id ");
    hex_add(out, b->id, sizeof(b->id));
    buf_addc(out, '\n');
}

/* What lies beside it, and must be as it is now. */
static void add_beside(struct buf *out, const struct acquire_state *s)
{
    if (s->has_chain)
        add_hash(out, "chain", &s->chain);
    if (s->has_map && s->needs_map)
        add_hash(out, "map", &s->map);
    else if (s->has_map)
        add_text(out, "map", NO_MAP);
    if (s->is_sealed)
        add_hash(out, "sealed", &s->sealed);
    if (s->unbound_until)
        buf_addf(out, "unbound %llu %llu\n", (unsigned long long)s->unbound_from,
                 (unsigned long long)s->unbound_until);
    if (s->loose)
        add_number(out, "loose", s->loose);
}

/* In the form of the state; the path of the source, what is written to it and the spelling of an
 * E01 may be others in a later run. */
struct hash acquire_state_facts(const struct acquire_state *s, size_t found)
{
    const struct acquire_begin *b = &s->begin;
    CLEANUP_BUF struct buf text = {0};

    for (size_t i = 0; i < COUNT_OF(texts); i++)
        if (texts[i].at != offsetof(struct acquire_begin, source) && !texts[i].is_optional)
            add_text(&text, texts[i].word, *text_of(b, i));
    add_begin(&text, b);
    for (size_t i = 0; i < found && i < b->history.count; i++) {
        const struct acquire_finding *f = &b->history.all[i];

        buf_addf(&text, "found %u %llu ", f->first, (unsigned long long)time_ns(f->from));
        buf_add_escaped(&text, str_of(f->text));
        buf_addc(&text, '\n');
    }
    return hash_bytes(text.p, text.len);
}

void acquire_state_traps(const struct traps *t, struct buf *out)
{
    for (size_t i = 0; i < t->count; i++)
        buf_addf(out, "went %llu %llu %u\n", (unsigned long long)t->list[i].off,
                 (unsigned long long)t->list[i].size, (unsigned)t->list[i].count);
}

bool acquire_state_with_traps(struct str text, const struct traps *t,
                              const struct acquire_finding *found, struct buf *out,
                              struct hash *sum)
{
    struct str body = str_head(text, text.len < SUM_LINE_SIZE ? 0 : text.len - SUM_LINE_SIZE);

    if (!str_starts(str_from(text, body.len), "end "))
        return false;
    while (body.len) {
        struct str line = str_cut(&body, '\n');

        if (found && str_starts(line, "done "))
            add_finding(out, found);
        if (!str_starts(line, "went ") && !str_starts(line, "trap "))
            buf_addf(out, STR_FMT "\n", STR_ARG(line));
    }
    acquire_state_traps(t, out);
    *sum = hash_bytes(out->p, out->len);
    add_hash(out, "end", sum);
    return true;
}

struct hash acquire_state_write(const struct acquire_state *s, const struct target_files *files,
                                struct buf *out)
{
    const struct acquire_begin *b = &s->begin;
    struct hash sum;

    buf_adds(out, FIRST_LINE "\n");
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        if (!texts[i].is_optional || str_of(*text_of(b, i)).len)
            add_text(out, texts[i].word, *text_of(b, i));
    add_begin(out, b);
    add_number(out, "live", b->is_live);
    buf_adds(out, "mark ");
    hex_add(out, b->mark, sizeof(b->mark));
    buf_addc(out, '\n');
    if (s->number)
        add_number(out, "state", s->number);
    add_number(out, "runs", b->runs);
    add_history(out, &b->history);
    add_number(out, "done", s->done);
    if (s->file_count == 0)
        add_born(out, &s->first);
    if (s->file_count == 0 && s->has_announced)
        add_announced(out, &s->announced);
    if (s->group.count)
        add_group(out, &s->group);
    if (s->was_changed)
        add_number(out, "differs", 1);
    if (s->has_lost)
        add_number(out, "lost", 1);
    if (s->has_proof)
        add_hash(out, "proof", &s->proof);
    if (s->has_rest)
        add_number(out, "rest", s->rest);
    if (s->retried || s->retried_there)
        buf_addf(out, "retried %u %u\n", (unsigned)s->retried, (unsigned)s->retried_there);
    if (s->has_sums)
        add_number(out, "sums", 1);
    if (s->has_rest && files->rest_folder)
        add_number(out, "restin", files->rest_folder);
    add_beside(out, s);
    for (size_t i = 0; i < files->folder_count; i++)
        add_text(out, "folder", files->folders[i]);
    for (size_t i = 0; i < s->file_count; i++)
        buf_addf(out, "file %u %llu\n", files->files[i].folder,
                 (unsigned long long)(i + 1 < s->file_count ? files->files[i].size : s->last_size));
    acquire_state_traps(&s->traps, out);
    sum = hash_bytes(out->p, out->len);
    add_hash(out, "end", &sum);
    return sum;
}

static bool read_bool(struct str s, bool *out)
{
    *out = str_is(s, "1");
    return *out || str_is(s, "0");
}

static bool read_born(struct target_born *b, struct str rest)
{
    return str_u64(str_cut(&rest, ' '), &b->inode) && str_u64(rest, &b->born_ns) && b->inode;
}

static bool read_rest_folder(struct target_files *f, struct str rest)
{
    uint64_t n;

    if (!str_u64(rest, &n) || n >= FOLDERS_MAX)
        return false;
    f->rest_folder = (unsigned)n;
    return true;
}

static bool read_format(struct str s, enum target_format *out)
{
    for (size_t i = 0; i < COUNT_OF(format_names); i++)
        if (str_is(s, format_names[i])) {
            *out = (enum target_format)i;
            return true;
        }
    return false;
}

static bool read_file(struct target_files *f, struct str rest)
{
    struct str folder = str_cut(&rest, ' ');
    uint64_t which, size;

    if (!str_u64(folder, &which) || !str_u64(rest, &size) || which >= f->folder_count ||
        f->count == TARGET_FILES_MAX)
        return false;
    f->files = mem_grow(f->files, f->count, &f->room, sizeof(f->files[0]));
    f->files[f->count++] = (struct target_file){(unsigned)which, size};
    return true;
}

static bool read_folder(struct target_files *f, struct str rest)
{
    CLEANUP_FREE char *folder = unescape(rest);

    if (!folder || folder[0] != '/' || f->folder_count == FOLDERS_MAX)
        return false;
    return target_files_add_folder(f, folder) == f->folder_count - 1;
}

static bool read_time(struct str s, struct utc *out)
{
    uint64_t ns;

    if (!str_u64(s, &ns) || ns > INT64_MAX)
        return false;
    *out = (struct utc){(int64_t)(ns / 1000000000U), (uint32_t)(ns % 1000000000U)};
    return true;
}

static bool read_group(struct ewf_open_group *g, struct str rest)
{
    struct str at = str_cut(&rest, ' ');

    if (!str_u64(at, &g->at) || g->count || rest.len == 0 || rest.len % 8 ||
        rest.len / 8 > COUNT_OF(g->entries))
        return false;
    for (; rest.len; rest = str_from(rest, 8)) {
        uint8_t b[4];

        if (!hex_read(b, sizeof(b), str_head(rest, 8)))
            return false;
        g->entries[g->count++] =
            (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
    }
    return true;
}

static bool read_announced(struct acquire_state *s, struct str rest)
{
    struct target_announced *a = &s->announced;
    uint64_t count;

    if (s->has_announced || !str_u64(str_cut(&rest, ' '), &a->size) || a->size > LIMIT_IMAGE_SIZE)
        return false;
    count = (a->size + TARGET_PIECE - 1) / TARGET_PIECE;
    a->count = (uint32_t)(count < TARGET_PIECES_MAX ? count : TARGET_PIECES_MAX);
    s->has_announced = true;
    return a->count == 0 ? rest.len == 0
                         : hex_read(a->sums[0], a->count * sizeof(a->sums[0]), rest);
}

static bool read_finding(struct acquire_history *h, struct str rest)
{
    uint64_t runs[3];
    struct acquire_finding f = {0};

    for (size_t i = 0; i < COUNT_OF(runs); i++)
        if (!str_u64(str_cut(&rest, ' '), &runs[i]) || runs[i] > UINT32_MAX)
            return false;
    f.first = (uint32_t)runs[0];
    f.last = (uint32_t)runs[1];
    f.count = (uint32_t)runs[2];
    if (f.last < f.first || f.count == 0 || !read_time(str_cut(&rest, ' '), &f.from) ||
        !read_time(str_cut(&rest, ' '), &f.until) || !(f.text = unescape(rest)))
        return false;
    h->all = mem_grow(h->all, h->count, &h->room, sizeof(h->all[0]));
    h->all[h->count++] = f;
    return true;
}

/* A version before kept sentences. */
static bool read_sentences(struct acquire_history *h, struct str rest)
{
    CLEANUP_FREE char *text = unescape(str_ends(rest, ".") ? str_head(rest, rest.len - 1) : rest);

    if (text && text[0])
        acquire_history_add(h, 0, (struct utc){0}, text, text);
    return text != NULL;
}

static bool read_number(struct acquire_state *s, struct str word, struct str rest)
{
    struct acquire_begin *b = &s->begin;
    uint64_t n;

    if (str_is(word, "begun"))
        return read_time(rest, &b->begun);
    if (str_is(word, "id"))
        return hex_read(b->id, sizeof(b->id), rest);
    if (str_is(word, "mark"))
        return hex_read(b->mark, sizeof(b->mark), rest);
    if (!str_u64(rest, &n))
        return false;
    if (str_is(word, "size"))
        b->size = n;
    else if (str_is(word, "sector"))
        b->sector_size = n > UINT32_MAX ? 0 : (uint32_t)n;
    else if (str_is(word, "segment"))
        b->segment_size = n;
    else if (str_is(word, "runs"))
        b->runs = n > UINT32_MAX ? 0 : (uint32_t)n;
    else if (str_is(word, "loose"))
        s->loose = n > UINT32_MAX ? 0 : (uint32_t)n;
    else if (str_is(word, "state"))
        s->number = n;
    else if (str_is(word, "done"))
        s->done = n;
    else if (str_is(word, "rest"))
        s->has_rest = true, s->rest = n;
    else
        return false;
    return true;
}

static bool read_hash(struct str rest, bool *has, struct hash *out)
{
    return *has = hex_read(out->b, sizeof(out->b), rest);
}

static bool read_map(struct acquire_state *s, struct str rest)
{
    s->has_map = str_is(rest, NO_MAP) || read_hash(rest, &s->needs_map, &s->map);
    return s->has_map;
}

static bool read_unbound(struct acquire_state *s, struct str rest)
{
    return str_u64(str_cut(&rest, ' '), &s->unbound_from) && str_u64(rest, &s->unbound_until) &&
           s->unbound_from < s->unbound_until;
}

static bool read_retried(struct acquire_state *s, struct str rest)
{
    uint64_t n, there;

    if (!str_u64(str_cut(&rest, ' '), &n) || !str_u64(rest, &there) || n > UINT32_MAX ||
        there > UINT32_MAX)
        return false;
    s->retried = (uint32_t)n;
    s->retried_there = (uint32_t)there;
    return true;
}

/* "OFF SIZE COUNT", one behind the other. A version before counted what is left of a place with
 * the place: what it says tells nothing of how often just that was read. */
static bool read_trap(struct traps *t, struct str rest, bool is_counted)
{
    uint64_t off, size, count, end = 0;

    if (t->count)
        end = t->list[t->count - 1].off + t->list[t->count - 1].size;
    if (t->count == TRAPS_MAX || !str_u64(str_cut(&rest, ' '), &off) ||
        !str_u64(str_cut(&rest, ' '), &size) || !str_u64(rest, &count) || !size || off < end ||
        off > LIMIT_IMAGE_SIZE || size > LIMIT_IMAGE_SIZE || count > UINT32_MAX)
        return false;
    t->list[t->count++] = (struct trap){off, size, is_counted ? (uint32_t)count : 0};
    return true;
}

static bool read_word(struct acquire_state *s, struct target_files *f, struct str word,
                      struct str rest)
{
    struct acquire_begin *b = &s->begin;

    for (size_t i = 0; i < COUNT_OF(texts); i++)
        if (str_is(word, texts[i].word))
            return !*text_of(b, i) && (*text_of(b, i) = unescape(rest));
    if (str_is(word, "proof"))
        return read_hash(rest, &s->has_proof, &s->proof);
    if (str_is(word, "chain"))
        return read_hash(rest, &s->has_chain, &s->chain);
    if (str_is(word, "sealed"))
        return read_hash(rest, &s->is_sealed, &s->sealed);
    if (str_is(word, "map"))
        return read_map(s, rest);
    if (str_is(word, "first"))
        return read_born(&s->first, rest);
    if (str_is(word, "ahead"))
        return read_announced(s, rest);
    if (str_is(word, "restin"))
        return read_rest_folder(f, rest);
    if (str_is(word, "unbound"))
        return read_unbound(s, rest);
    if (str_is(word, "found"))
        return read_finding(&b->history, rest);
    if (str_is(word, "history"))
        return read_sentences(&b->history, rest);
    if (str_is(word, "live"))
        return read_bool(rest, &b->is_live);
    if (str_is(word, "removable"))
        return read_bool(rest, &b->is_removable);
    if (str_is(word, "physical"))
        return read_bool(rest, &b->is_physical);
    if (str_is(word, "differs"))
        return read_bool(rest, &s->was_changed);
    if (str_is(word, "lost"))
        return read_bool(rest, &s->has_lost);
    if (str_is(word, "sums"))
        return read_bool(rest, &s->has_sums);
    if (str_is(word, "format"))
        return read_format(rest, &b->format);
    if (str_is(word, "level"))
        return (b->is_small = str_is(rest, "small")) || str_is(rest, "fast");
    if (str_is(word, "went") || str_is(word, "trap"))
        return read_trap(&s->traps, rest, str_is(word, "went"));
    if (str_is(word, "retried"))
        return read_retried(s, rest);
    if (str_is(word, "group"))
        return read_group(&s->group, rest);
    if (str_is(word, "folder"))
        return read_folder(f, rest);
    if (str_is(word, "file"))
        return read_file(f, rest);
    return read_number(s, word, rest);
}

static bool is_sound(const struct acquire_state *s, const struct target_files *f)
{
    const struct acquire_begin *b = &s->begin;

    for (size_t i = 0; i < COUNT_OF(texts); i++)
        if (!*text_of(b, i))
            return false;
    return b->size && b->runs && b->sector_size >= 512 && b->sector_size <= 32768 &&
           !(b->sector_size & (b->sector_size - 1)) && f->folder_count && s->done <= b->size &&
           (s->group.count == 0 || (b->format == TARGET_E01 && f->count)) &&
           s->unbound_until <= b->size && (!s->is_sealed || s->has_sums) &&
           (!s->has_map || s->needs_map || !s->has_rest) &&
           (!s->has_sums || (s->has_rest && b->size <= LIMIT_IMAGE_SIZE)) &&
           f->rest_folder < f->folder_count && (!f->rest_folder || s->has_rest) &&
           (!s->traps.count ||
            s->traps.list[s->traps.count - 1].off + s->traps.list[s->traps.count - 1].size <=
                b->size) &&
           (!s->has_rest || (s->rest <= b->size && s->rest % b->sector_size == 0));
}

static void fill_optional(struct acquire_begin *b)
{
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        if (texts[i].is_optional && !*text_of(b, i))
            *text_of(b, i) = mem_strdup("");
}

int acquire_state_read(struct acquire_state *out, struct target_files *files, struct str text,
                       struct err *e)
{
    struct acquire_state s = {.begin = {.runs = 1}};
    struct str body, end, line;
    struct hash sum, is;
    bool is_good = true;

    body = str_head(text, text.len < SUM_LINE_SIZE ? 0 : text.len - SUM_LINE_SIZE);
    end = str_from(text, body.len);
    if (!str_take(&end, "end ") || !str_ends(end, "\n") ||
        !hex_read(is.b, sizeof(is.b), str_head(end, 64)))
        return err_set(e, ERR_FORMAT, "it is not the state of an image, or not whole");
    sum = hash_bytes(body.p, body.len);
    if (!hash_eq(&sum, &is))
        return err_set(e, ERR_TAMPER, "the state of the image was changed: its sum is not right");
    line = str_cut(&body, '\n');
    if (!str_is(line, FIRST_LINE))
        return err_set(e, ERR_NEWER, "the state of the image is of another version");
    while (is_good && body.len) {
        line = str_cut(&body, '\n');
        is_good = read_word(&s, files, str_cut(&line, ' '), line);
    }
    fill_optional(&s.begin);
    if (!is_good || !is_sound(&s, files)) {
        acquire_begin_release(&s.begin);
        return err_set(e, ERR_FORMAT, "the state of the image holds what none does");
    }
    s.sum = is;
    s.file_count = files->count;
    s.last_size = files->count ? files->files[files->count - 1].size : 0;
    *out = s;
    return 0;
}
