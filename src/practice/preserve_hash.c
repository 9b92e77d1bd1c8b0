/* preserve_hash.c: the SHA-256 of all files of some folders, as a list, or compared with one. */
#include "practice/preserve_hash.h"
#include "base/sink.h"
#include "base/size.h"
#include "practice/out_file.h"
#include "practice/practice.h"
#include "practice/progress.h"
#include "practice/sum_list.h"
#include "sys/file.h"
#include "sys/hash_tree.h"
#include "sys/interrupt.h"

enum { NAMES_MAX = 4000000, LIST_SIZE_MAX = 768 << 20 };

static const struct field hash_fields[] = {
    {.name = "files",
     .type = FIELD_PATH,
     .flags = FIELD_ARG | FIELD_MANY,
     .help = "folders with all files in them, and files"},
    {.name = "out", .type = FIELD_PATH, .help = "write the list there, a name that is still free"},
    {.name = "check",
     .type = FIELD_PATH,
     .help = "compare with this list, as this command or sha256sum wrote it"},
    {.name = "exact",
     .option = "name",
     .type = FIELD_REST,
     .help = "behind --: names taken as they are, with line ends or spaces at an end"},
};

struct hash_work {
    const struct operation *op;
    const struct input *in;
    struct answer *a;
    struct arena *arena;
    struct walk walk; /* what is hashed */
    struct walk here; /* with a list: what is in the folders now */
    const char
        *names[WALK_ROOT_COUNT]; /* as they were given; of the walk that they were added to */
    size_t name_count;
    struct hash_tree tree;
    bool has_tree;
    struct progress progress;
    struct json json;
    dev_t top; /* the file system of the folder in hand */
    uint64_t files, bytes;
    uint64_t unread, changed, missing, added;
};

static void work_release(struct hash_work *w)
{
    if (w->has_tree)
        hash_tree_release(&w->tree);
    walk_release(&w->walk);
    walk_release(&w->here);
    arena_free(w->arena);
}

static void work_init(struct hash_work *w)
{
    w->arena = arena_new();
    walk_init(&w->walk);
    walk_init(&w->here);
    w->walk.limit = w->here.limit = NAMES_MAX;
    json_begin(&w->json, &w->a->json);
}

static int add_name(struct hash_work *w, struct walk *walk, const char *name, struct err *e)
{
    int rc = walk_add(walk, name, e);
    size_t len = strlen(name);

    while (rc == 0 && len && name[len - 1] == '/')
        len--;
    if (rc == 0)
        w->names[w->name_count++] = arena_dup(w->arena, name, len);
    return rc;
}

static int add_names(struct hash_work *w, struct walk *walk, struct err *e)
{
    struct str rest = input_value(w->op, w->in, "files");
    int rc = 0;

    while (rc == 0 && rest.len) {
        CLEANUP_BUF struct buf name = {0};

        buf_addstr(&name, str_cut(&rest, '\n'));
        if (name.len)
            rc = add_name(w, walk, buf_text(&name), e);
    }
    for (size_t i = 0; rc == 0 && i < w->in->rest_count; i++)
        rc = add_name(w, walk, w->in->rest[i], e);
    return rc;
}

/* As sha256sum would call it: what was given, and the way from there. */
static void name_of(const struct hash_work *w, const struct walk *walk,
                    const struct walk_entry *entry, struct buf *out)
{
    buf_clear(out);
    buf_adds(out, w->names[entry->root]);
    if (!entry->is_named)
        buf_adds(out, entry->path + walk->roots[entry->root].path_len);
}

static void tick(void *context)
{
    struct hash_work *w = context;
    struct hash_progress *p = &w->tree.progress;
    char words[80];

    snprintf(words, sizeof(words), "%llu of %llu files", (unsigned long long)p->files,
             (unsigned long long)p->files_all);
    progress_show(&w->progress, words, p->bytes, p->bytes_all);
}

/* Lines that say how far it is have no place in a list that goes to standard output. */
static int hash_all(struct hash_work *w, bool shows_progress, struct err *e)
{
    CLEANUP(interrupt_end) struct interrupt signals;

    interrupt_begin(&signals);
    hash_tree_init(&w->tree, &w->walk);
    w->has_tree = true;
    progress_begin(&w->progress, w->a);
    if (shows_progress) {
        w->tree.tick = tick;
        w->tree.context = w;
    }
    return hash_tree_run(&w->tree, e);
}

static void put_name(struct json *j, struct str name)
{
    json_put_str(j, "path", name);
    if (str_has_utf8_error(name))
        json_put_hex(j, "path_hex", name.p, name.len);
}

/* One line of the answer about a name, or its object. */
static void tell(struct hash_work *w, const char *what, struct str name, const char *why)
{
    struct buf *out = &w->a->text;

    if (w->a->wants_json) {
        json_object_begin(&w->json);
        put_name(&w->json, name);
        json_put_text(&w->json, "what", what);
        if (why)
            json_put_text(&w->json, "why", why);
        json_object_end(&w->json);
        return;
    }
    buf_addf(out, "%-10s ", what);
    sink_terminal(out, name, false);
    if (why)
        buf_adds(out, ": ");
    sink_terminal(out, str_of(why), false);
    buf_addc(out, '\n');
}

/* Behind the list, as lines that sha256sum passes over. */
static void add_comment(struct buf *out, const char *what, struct str name, const char *why)
{
    buf_addf(out, "# %s: ", what);
    sink_terminal(out, name, false);
    if (why)
        buf_adds(out, ": ");
    sink_terminal(out, str_of(why), false);
    buf_addc(out, '\n');
}

/* What is left out on purpose: nothing to read, or another file system. */
static bool is_left_out(const struct hash_work *w, const struct walk_entry *entry)
{
    mode_t mode = entry->st.st_mode;

    return S_ISFIFO(mode) || S_ISSOCK(mode) || S_ISCHR(mode) || S_ISBLK(mode) ||
           (S_ISDIR(mode) && entry->st.st_dev != w->top);
}

static void count_read(struct hash_work *w, const struct hashed *h)
{
    w->files++;
    w->bytes += h->size;
}

static void json_file(struct hash_work *w, struct str name, const struct hashed *h)
{
    struct json *j = &w->json;

    json_object_begin(j);
    put_name(j, name);
    json_put_u64(j, "size", h->size);
    json_put_hex(j, "sha256", h->sha256.b, sizeof(h->sha256.b));
    if (h->is_changed)
        json_put_bool(j, "changed", true);
    json_object_end(j);
}

static void list_entry(struct hash_work *w, size_t i, struct buf *name, struct buf *list,
                       struct buf *comments)
{
    const struct walk_entry *entry = &w->walk.entries[i];
    const struct hashed *h = &w->tree.found[i];
    const char *trouble = h->trouble ? h->trouble : entry->trouble;

    if (entry->is_named)
        w->top = entry->st.st_dev;
    if (!h->is_file && !trouble)
        return; /* a folder, or a link */
    name_of(w, &w->walk, entry, name);
    if (trouble) {
        w->unread += !is_left_out(w, entry);
        add_comment(comments, "not hashed", buf_str(name), trouble);
        return;
    }
    count_read(w, h);
    w->changed += h->is_changed;
    if (h->is_changed)
        add_comment(comments, "changed while it was read", buf_str(name), NULL);
    if (w->a->wants_json)
        json_file(w, buf_str(name), h);
    else
        sum_list_add(list, &h->sha256, buf_str(name));
}

static int write_list(const char *path, struct str bytes, struct err *e)
{
    return file_create(path, bytes, 0600, e);
}

/* A terminal must not be told to do things by a file's name. */
static void show_list(struct hash_work *w, struct str list)
{
    w->a->is_exact = !w->a->to_terminal;
    if (w->a->to_terminal)
        sink_terminal(&w->a->text, list, true);
    else
        buf_addstr(&w->a->text, list);
}

static void say_list(struct hash_work *w, struct str path)
{
    struct buf *out = &w->a->text;
    char size[SIZE_TEXT_SIZE];

    buf_addf(out, "%llu file%s hashed, %s. The list is in ", (unsigned long long)w->files,
             w->files == 1 ? "" : "s", size_text(size, w->bytes));
    sink_terminal(out, path, false);
    buf_adds(out, ".\n");
    if (w->unread)
        buf_addf(out, "%llu not hashed: lines at its end that begin with # say which, and why.\n",
                 (unsigned long long)w->unread);
    buf_adds(out, "Keep it where this machine cannot reach it. To compare: calm preserve hash "
                  "--check ");
    sink_shell(out, path);
    buf_addc(out, '\n');
}

static int make_list(struct hash_work *w, struct err *e)
{
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_BUF struct buf list = {0};
    CLEANUP_BUF struct buf comments = {0};
    CLEANUP_BUF struct buf name = {0};
    int rc = add_names(w, &w->walk, e);

    if (rc == 0 && w->walk.count == 0)
        return err_set(e, ERR_USAGE, "name folders or files; an example: %s", w->op->example);
    buf_addstr(&path, input_value(w->op, w->in, "out"));
    if (rc == 0 && path.len && file_is_there(buf_text(&path)))
        return err_set(e, ERR_USAGE, "%s is there already, and nothing is written over",
                       buf_text(&path));
    if (rc == 0)
        rc = hash_all(w, path.len > 0 || w->a->to_terminal, e);
    if (rc)
        return rc;
    json_array_begin(&w->json);
    for (size_t i = 0; i < w->walk.count; i++)
        list_entry(w, i, &name, &list, &comments);
    json_array_end(&w->json);
    buf_addstr(&list, buf_str(&comments));
    if (path.len)
        rc = write_list(buf_text(&path), buf_str(&list), e);
    if (rc)
        return rc;
    if (path.len)
        say_list(w, buf_str(&path));
    else
        show_list(w, buf_str(&list));
    return 0;
}

static int read_list(struct hash_work *w, struct sum_list *list, struct err *e)
{
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_BUF struct buf text = {0};
    int rc;

    buf_addstr(&path, input_value(w->op, w->in, "check"));
    rc = file_read(&text, buf_text(&path), LIST_SIZE_MAX, e);
    if (rc == 0)
        rc = sum_list_read(list, w->arena, buf_str(&text), buf_text(&path), e);
    if (rc == 0 && list->count == 0)
        return err_set(e, ERR_FORMAT, "%s names no file", buf_text(&path));
    if (rc == 0 && list->count > NAMES_MAX)
        return err_set(e, ERR_LIMIT, "%s names more than %d files", buf_text(&path), NAMES_MAX);
    return rc;
}

static void compare_one(struct hash_work *w, size_t i, const struct sum_line *line)
{
    const struct walk_entry *entry = &w->walk.entries[i];
    const struct hashed *h = &w->tree.found[i];
    struct str name = str_of(line->name);

    if (entry->st.st_mode == 0) {
        w->missing++;
        tell(w, "missing", name, NULL);
    } else if (!h->is_file && !entry->trouble) {
        w->changed++;
        tell(w, "changed", name, "it is no file any more");
    } else if (h->trouble || entry->trouble) {
        w->unread++;
        tell(w, "not read", name, h->trouble ? h->trouble : entry->trouble);
    } else {
        count_read(w, h);
        if (hash_eq(&h->sha256, &line->sha256))
            return;
        w->changed++;
        tell(w, "changed", name, h->is_changed ? "and while it was read, too" : NULL);
    }
}

static void tell_new(struct hash_work *w, const struct sum_list *list)
{
    CLEANUP_BUF struct buf name = {0};

    for (size_t i = 0; i < w->here.count; i++) {
        const struct walk_entry *entry = &w->here.entries[i];

        if (!S_ISREG(entry->st.st_mode))
            continue;
        name_of(w, &w->here, entry, &name);
        if (sum_list_has(list, buf_text(&name)))
            continue;
        w->added++;
        tell(w, "new", buf_str(&name), NULL);
    }
}

static void say_compared(struct hash_work *w, size_t count)
{
    struct buf *out = &w->a->text;
    uint64_t other = w->changed + w->missing + w->unread;
    char size[SIZE_TEXT_SIZE];

    if (w->a->wants_json)
        return;
    buf_addf(out, "%zu on the list: %llu as they were, %llu changed, %llu missing, %llu not read",
             count, (unsigned long long)(count - other), (unsigned long long)w->changed,
             (unsigned long long)w->missing, (unsigned long long)w->unread);
    if (w->name_count)
        buf_addf(out, "; %llu new", (unsigned long long)w->added);
    buf_addf(out, ". %s hashed.\n", size_text(size, w->bytes));
    if (other + w->added)
        buf_adds(out, "An update changes files, too: ask who looks after this machine. What nobody "
                      "explains, keep:\ncalm preserve files PATH\n");
}

static int judge(const struct hash_work *w, struct err *e)
{
    if (w->changed + w->missing + w->added)
        return err_set(e, ERR_TAMPER, "the files are not those of the list");
    if (w->unread)
        return err_set(e, ERR_IO, "%llu file%s could not be read", (unsigned long long)w->unread,
                       w->unread == 1 ? "" : "s");
    return 0;
}

static int compare_list(struct hash_work *w, struct err *e)
{
    CLEANUP(sum_list_release) struct sum_list list = {0};
    int rc = read_list(w, &list, e);

    if (rc == 0)
        rc = add_names(w, &w->here, e);
    for (size_t i = 0; rc == 0 && i < list.count; i++)
        walk_add_name(&w->walk, list.lines[i].name);
    if (rc == 0)
        rc = hash_all(w, true, e);
    if (rc)
        return rc;
    json_array_begin(&w->json);
    for (size_t i = 0; i < list.count; i++)
        compare_one(w, i, &list.lines[i]);
    tell_new(w, &list);
    json_array_end(&w->json);
    say_compared(w, list.count);
    return judge(w, e);
}

static int hash_job(struct session *s, const struct operation *op, const struct input *in,
                    struct answer *a, struct err *e)
{
    CLEANUP(work_release) struct hash_work w = {.op = op, .in = in, .a = a};
    int rc;

    (void)s;
    work_init(&w);
    if (input_has(op, in, "check"))
        return compare_list(&w, e);
    rc = make_list(&w, e);
    if (rc == 0 && w.unread)
        return err_set(e, ERR_IO,
                       "%llu could not be hashed; lines at the end of the list that "
                       "begin with # say which, and why",
                       (unsigned long long)w.unread);
    return rc;
}

const struct operation preserve_hash = {
    .name = "preserve hash",
    .practice = "preserve",
    .help = "the SHA-256 of all files of a folder, as a list, or compared with one",
    .example = "calm preserve hash /usr --out /media/stick/usr.sha256",
    .more = "Needs no case, and takes nothing into one. The list is sorted, in the form of "
            "sha256sum, which checks it, too: sha256sum -c LIST; names stand in it as they were "
            "given, so that a relative one can be checked elsewhere. Files are opened for reading "
            "only, their access times stay as they are where the system allows it, several are "
            "hashed at once, and one that grows is hashed as far as it reached at first. Links are "
            "left out; devices, FIFOs and what could not be read are named behind the list in "
            "lines that begin with #. With --check LIST the files that it names are hashed again: "
            "what changed, is missing or cannot be read is said, and with folders besides also "
            "what is new in them, which exit status 8 tells.",
    OP_FIELDS(hash_fields),
    .type = OP_FREE,
    .may_hang = true,
    .faces = FACE_CLI,
    .job = hash_job};
