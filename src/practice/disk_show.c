/* disk_show.c: partitions, file systems and files of a disk on the screen. */
#include "practice/disk_show.h"
#include "base/sink.h"
#include "base/size.h"
#include "practice/disk_body.h"
#include "practice/practice.h"
#include "render/screen.h"

enum {
    SURVEY_COLUMNS = 5,
    FLUSH_SIZE = 64 << 10,
    JSON_SIZE = 512 << 20,
    FOLDER_LINES_SIZE = 2000,
};

void disk_survey_init(struct disk_survey *s)
{
    *s = (struct disk_survey){.arena = arena_new()};
}

void disk_survey_release(struct disk_survey *s)
{
    arena_free(s->arena);
    free(s->rows);
    buf_release(&s->doubts);
}

static int on_table(void *context, const struct disk_table *t, struct err *e)
{
    struct disk_survey *s = context;

    (void)e;
    s->table = *t;
    return 0;
}

static int on_doubt(void *context, struct str words, struct err *e)
{
    struct disk_survey *s = context;

    (void)e;
    sink_terminal(&s->doubts, words, false); /* on one line, whatever is in it */
    buf_addc(&s->doubts, '\n');
    return 0;
}

static int on_partition(void *context, const struct disk_partition *p, struct err *e)
{
    struct disk_survey *s = context;
    struct disk_survey_row row = {.partition = *p};

    (void)e;
    row.partition.what = (struct str){arena_dup(s->arena, p->what.p, p->what.len), p->what.len};
    s->rows = mem_grow(s->rows, s->count, &s->room, sizeof(s->rows[0]));
    s->rows[s->count++] = row;
    return 0;
}

/* It lies in the partition that was told last. */
static int on_fs(void *context, const struct disk_fs *fs, struct err *e)
{
    struct disk_survey *s = context;
    struct disk_fs *kept = arena_new_in(s->arena, struct disk_fs);

    (void)e;
    *kept = *fs;
    if (s->count)
        s->rows[s->count - 1].fs = kept;
    else
        s->whole = kept;
    return 0;
}

struct disk_receiver disk_survey_receiver(struct disk_survey *s)
{
    return (struct disk_receiver){
        .table = on_table, .doubt = on_doubt, .partition = on_partition, .fs = on_fs, .context = s};
}

const struct disk_fs *disk_survey_next(const struct disk_survey *s, size_t *at)
{
    while (*at <= s->count) {
        const struct disk_fs *fs = *at ? s->rows[*at - 1].fs : s->whole;

        ++*at;
        if (fs && fs->is_readable)
            return fs;
    }
    return NULL;
}

/* A name from the disk in words of ours: on one line, whatever is in it. */
static const char *shown(struct arena *arena, const char *text)
{
    CLEANUP_BUF struct buf out = {0};

    sink_terminal(&out, str_of(text), false);
    return arena_strdup(arena, buf_text(&out));
}

/* "ext4 \"root\"", "LUKS", "not known". */
static struct str fs_words(struct arena *arena, const struct disk_fs *fs)
{
    const char *kind = fs->kind[0] ? fs->kind : "not known";

    return str_of(fs->label[0] ? arena_printf(arena, "%s \"%s\"", kind, shown(arena, fs->label))
                               : arena_strdup(arena, kind));
}

static void survey_row(struct arena *arena, const struct disk_survey *s,
                       const struct disk_survey_row *row, struct str *cell)
{
    const struct disk_partition *p = &row->partition;
    char size[SIZE_TEXT_SIZE];

    if (p->number)
        cell[0] = str_of(arena_printf(arena, "%u", (unsigned)p->number));
    cell[1] = str_of(arena_printf(arena, "%llu", (unsigned long long)p->first));
    if (p->count <= UINT64_MAX / s->table.sector_size)
        cell[2] = str_of(arena_strdup(arena, size_text(size, p->count * s->table.sector_size)));
    cell[3] = p->is_volume ? str_of(shown(arena, arena_dup(arena, p->what.p, p->what.len)))
                           : STR("(not in a partition)");
    if (row->fs)
        cell[4] = fs_words(arena, row->fs);
}

static void show_table(const struct disk_survey *s, struct screen *screen)
{
    static const struct screen_column columns[SURVEY_COLUMNS] = {
        {.heading = "no.", .right = true, .whole = true},
        {.heading = "first sector", .right = true, .whole = true},
        {.heading = "size", .right = true, .whole = true},
        {.heading = "partition"},
        {.heading = "holds", .whole = true}};
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct str *cells = arena_alloc(arena, (s->count + 1) * SURVEY_COLUMNS * sizeof(cells[0]));
    size_t count = 0;

    /* Where the table itself lies only programs want to know. */
    for (size_t i = 0; i < s->count; i++)
        if (!s->rows[i].partition.is_table)
            survey_row(arena, s, &s->rows[i], &cells[SURVEY_COLUMNS * count++]);
    screen_table(screen, 0, columns, SURVEY_COLUMNS, cells, count);
}

static void add_time(struct buf *out, const char *words, struct utc t)
{
    char text[UTC_PLAIN_SIZE];

    if (t.sec)
        buf_addf(out, ", %s %s", words, utc_plain(text, t));
}

static void show_fs(const struct disk_fs *fs, struct screen *screen)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    CLEANUP_BUF struct buf words = {0};

    buf_addstr(&words, fs_words(arena, fs));
    if (fs->block_size)
        buf_addf(&words, ", %llu blocks of %llu bytes", (unsigned long long)fs->block_count,
                 (unsigned long long)fs->block_size);
    add_time(&words, "made", fs->made);
    add_time(&words, "last mounted", fs->mounted);
    if (fs->mounted_on[0])
        buf_addf(&words, " on %s", shown(arena, fs->mounted_on));
    add_time(&words, "last written", fs->written);
    if (fs->advice[0])
        buf_addf(&words, ": %s", shown(arena, fs->advice));
    else if (!fs->kind[0])
        buf_adds(&words, ": no file system that is known begins here");
    screen_pair(screen, 0, 4, str_of(fs->number ? arena_printf(arena, "%u", fs->number) : "-"),
                buf_str(&words));
}

/* The one that is most likely wanted. */
static const struct disk_fs *largest(const struct disk_survey *s)
{
    const struct disk_fs *best = NULL;
    const struct disk_fs *fs;

    for (size_t at = 0; (fs = disk_survey_next(s, &at));)
        if (!best ||
            fs->block_count / 1024 * fs->block_size > best->block_count / 1024 * best->block_size)
            best = fs;
    return best;
}

/* The first that is known and whose files are not read: other programs want it by itself. */
static void show_whole(const struct disk_survey *s, struct str image, struct screen *screen)
{
    CLEANUP_BUF struct buf next = {0};
    size_t at = 0;

    while (at < s->count && !(s->rows[at].fs && s->rows[at].fs->kind[0]))
        at++;
    if (at == s->count)
        return;
    buf_adds(&next, "calm preserve read ");
    sink_shell(&next, image);
    buf_addf(&next, " --partition %u --raw FILE", (unsigned)s->rows[at].partition.number);
    screen_blank(screen);
    screen_next(screen, buf_str(&next),
                STR("--raw FILE writes it out as it is, for the programs named above"));
}

static void show_next(const struct disk_survey *s, struct str image, struct screen *screen)
{
    CLEANUP_BUF struct buf next = {0};
    const struct disk_fs *fs = largest(s);

    if (!fs) {
        show_whole(s, image, screen);
        return;
    }
    buf_adds(&next, "calm preserve read ");
    sink_shell(&next, image);
    if (fs->number)
        buf_addf(&next, " --partition %u", (unsigned)fs->number);
    else if (s->count)
        buf_adds(&next, " --offset 0");
    buf_adds(&next, " --list");
    screen_blank(screen);
    screen_next(screen, buf_str(&next),
                STR("lists its files, deleted ones too; --deleted only those; --to FOLDER reads "
                    "files out"));
}

static void survey_text(const struct disk_survey *s, struct str image, struct answer *a)
{
    struct screen screen = {&a->text, a->columns, a->color};
    struct str doubts = buf_str(&s->doubts);
    char size[SIZE_TEXT_SIZE];

    screen_printf(&screen, 0, STR_FMT ": %s (%llu bytes), sectors of %u bytes, %s%s",
                  STR_ARG(image), size_text(size, s->table.media_size),
                  (unsigned long long)s->table.media_size, (unsigned)s->table.sector_size,
                  s->table.kind[0] ? s->table.kind : "no partition table",
                  s->table.is_backup ? " (read by its copy at the end of the disk)" : "");
    screen_blank(&screen);
    if (s->count) {
        show_table(s, &screen);
        screen_blank(&screen);
    }
    if (s->whole)
        show_fs(s->whole, &screen);
    for (size_t i = 0; i < s->count; i++)
        if (s->rows[i].fs)
            show_fs(s->rows[i].fs, &screen);
    while (doubts.len)
        screen_para_style(&screen, 0, SCREEN_WARN, str_cut(&doubts, '\n'));
    if (s->sums.damaged)
        screen_printf(&screen, 0,
                      "%llu bytes of the image that were read are damaged, and counted as zeros.",
                      (unsigned long long)s->sums.damaged);
    show_next(s, image, &screen);
}

static void row_json(const struct disk_survey_row *row, struct json *j)
{
    const struct disk_partition *p = &row->partition;

    json_object_begin(j);
    json_put_u64(j, "number", p->number);
    json_put_u64(j, "first", p->first);
    json_put_u64(j, "count", p->count);
    json_put_text(j, "is", p->is_volume ? "partition" : p->is_table ? "table" : "gap");
    json_put_str(j, "what", p->what);
    if (row->fs) {
        json_name(j, "file_system");
        disk_fs_json(j, row->fs);
    }
    json_object_end(j);
}

static void survey_json(const struct disk_survey *s, struct str image,
                        const struct disk_standing *standing, struct buf *out)
{
    struct str doubts = buf_str(&s->doubts);
    struct json j;

    json_begin(&j, out);
    json_object_begin(&j);
    json_put_str(&j, "image", image);
    json_put_u64(&j, "size", s->table.media_size);
    json_put_u64(&j, "sector_size", s->table.sector_size);
    json_put_text(&j, "table", s->table.kind[0] ? s->table.kind : NULL);
    json_put_bool(&j, "is_backup", s->table.is_backup);
    json_name(&j, "doubts");
    json_array_begin(&j);
    while (doubts.len)
        json_str(&j, str_cut(&doubts, '\n'));
    json_array_end(&j);
    json_put_u64(&j, "damaged", s->sums.damaged);
    disk_standing_json(standing, &j);
    if (s->whole) {
        json_name(&j, "file_system");
        disk_fs_json(&j, s->whole);
    }
    json_name(&j, "partitions");
    json_array_begin(&j);
    for (size_t i = 0; i < s->count; i++)
        row_json(&s->rows[i], &j);
    json_array_end(&j);
    json_object_end(&j);
}

void disk_survey_show(const struct disk_survey *s, struct str image,
                      const struct disk_standing *standing, struct answer *a)
{
    if (a->wants_json)
        survey_json(s, image, standing, &a->json);
    else
        survey_text(s, image, a);
}

void disk_listing_begin(struct disk_listing *l, struct answer *a)
{
    *l = (struct disk_listing){.a = a};
    if (!a->wants_json)
        return;
    json_begin(&l->json, &a->json);
    json_object_begin(&l->json);
    json_name(&l->json, "files");
    json_array_begin(&l->json);
}

void disk_listing_release(struct disk_listing *l)
{
    buf_release(&l->folders);
}

void disk_forgotten_text(struct buf *out, uint64_t count)
{
    if (!count)
        return;
    add_count(out, count, "deleted file", "deleted files");
    buf_addf(out,
             " of which the file system forgot how long %s and where %s lay, as ext2, ext3 and "
             "ext4 do under Linux: "
             "the bytes may still lie in the image. --partition N --raw FILE writes the partition "
             "out for a carver (photorec, foremost).",
             count == 1 ? "it was" : "they were", count == 1 ? "it" : "they");
}

enum { FACTS_COLUMNS = 37 }; /* screen_pair gives it at most half of 80 */

/* "-rw-r--r--  22 bytes 2012-05-25 15:59" */
static void row_facts(struct buf *out, const struct disk_file *f)
{
    struct utc t = f->time[DISK_MODIFIED];
    char mode[11], size[SIZE_TEXT_SIZE], when[UTC_PLAIN_SIZE] = "-";

    disk_mode_text(mode, f);
    if (t.sec)
        utc_plain(when, t);
    buf_addf(out, "%s %9s %-16.16s", mode, f->is_forgotten ? "?" : size_text(size, f->size), when);
}

static void row_text(struct disk_listing *l, const struct disk_file *f)
{
    struct screen screen = {&l->a->text, l->a->to_terminal ? l->a->columns : 1 << 20, l->a->color};
    CLEANUP_BUF struct buf facts = {0};
    CLEANUP_BUF struct buf name = {0};
    CLEANUP_BUF struct buf safe = {0};

    row_facts(&facts, f);
    disk_path_text(&name, f->path);
    if (f->stream.len)
        buf_addf(&name, ":" STR_FMT, STR_ARG(f->stream));
    if (f->link.len)
        buf_addf(&name, " -> " STR_FMT, STR_ARG(f->link));
    if (f->is_reallocated)
        buf_adds(&name, " (deleted, inode used again)");
    else if (f->is_forgotten)
        buf_adds(&name, " (deleted; length and place forgotten)");
    else if (f->is_deleted || f->is_inode_deleted)
        buf_adds(&name, " (deleted)");
    buf_adds(&name, "  #");
    disk_inode_text(&name, f);
    sink_terminal(&safe, buf_str(&name), false); /* a line end in a name makes no line */
    screen_pair(&screen, 0, FACTS_COLUMNS, buf_str(&facts), buf_str(&safe));
}

static int on_row(void *context, const struct disk_file *f, struct err *e)
{
    struct disk_listing *l = context;

    l->rows++;
    l->deleted += f->is_deleted || f->is_inode_deleted;
    l->forgotten += f->is_forgotten;
    if (l->a->wants_json) {
        if (l->a->json.len > JSON_SIZE)
            return err_set(e, ERR_LIMIT,
                           "more files than one answer holds: --body FILE writes them all");
        json_object_begin(&l->json);
        disk_file_json(&l->json, f);
        json_object_end(&l->json);
        return 0;
    }
    row_text(l, f);
    if (l->a->text.len > FLUSH_SIZE && l->a->flush && l->a->flush(l->a) != 0)
        return err_set(e, ERR_CANCEL, "nobody reads any more");
    return 0;
}

static int on_trouble(void *context, struct str path, struct str why, struct err *e)
{
    struct disk_listing *l = context;
    CLEANUP_BUF struct buf text = {0};

    (void)e;
    l->trouble++;
    if (l->folders.len > FOLDER_LINES_SIZE)
        return 0;
    disk_path_text(&text, path);
    buf_addf(&text, ": " STR_FMT, STR_ARG(why));
    sink_terminal(&l->folders, buf_str(&text), false);
    buf_addc(&l->folders, '\n');
    return 0;
}

struct disk_receiver disk_listing_receiver(struct disk_listing *l)
{
    return (struct disk_receiver){.file = on_row, .trouble = on_trouble, .context = l};
}

static void listing_text(const struct disk_listing *l, const struct disk_count *sums)
{
    struct screen screen = {&l->a->text, l->a->columns, l->a->color};
    struct str rest = buf_str(&l->folders);
    CLEANUP_BUF struct buf words = {0};

    screen_blank(&screen);
    add_count(&words, l->rows, "row", "rows");
    if (l->deleted)
        buf_addf(&words, ", %llu of them deleted", (unsigned long long)l->deleted);
    buf_adds(&words, ".");
    screen_para(&screen, 0, buf_str(&words));
    buf_clear(&words);
    disk_forgotten_text(&words, l->forgotten);
    if (words.len)
        screen_para(&screen, 0, buf_str(&words));
    if (l->trouble)
        screen_printf(&screen, 0, "Not all could be read (%llu):", (unsigned long long)l->trouble);
    while (rest.len)
        screen_para_style(&screen, 2, SCREEN_WARN, str_cut(&rest, '\n'));
    if (sums->damaged)
        screen_printf(&screen, 0,
                      "%llu bytes of the image that were read are damaged, and counted as zeros.",
                      (unsigned long long)sums->damaged);
}

void disk_listing_end(struct disk_listing *l, const struct disk_count *sums,
                      const struct disk_standing *standing)
{
    if (!l->a->wants_json) {
        listing_text(l, sums);
        return;
    }
    json_array_end(&l->json);
    json_put_u64(&l->json, "damaged", sums->damaged);
    json_put_u64(&l->json, "troubles", l->trouble);
    json_put_str(&l->json, "not_read", buf_str(&l->folders));
    disk_standing_json(standing, &l->json);
    json_object_end(&l->json);
}
