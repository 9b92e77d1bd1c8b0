/* disk_walk.c: goes through the folders of a file system, and says what of them it cannot read. */
#include "base/mem.h"
#include "evidence/disk_job.h"

/* Numbers of the folders that were entered: each is entered once, whatever a hostile disk says. */
struct disk_seen {
    uint64_t *slots; /* a power of two of them; number + 1, 0: free */
    size_t room;
    size_t count;
};

static void seen_put(struct disk_seen *s, uint64_t inode)
{
    size_t at = (size_t)(inode * 0x9e3779b97f4a7c15U) & (s->room - 1);

    while (s->slots[at])
        at = (at + 1) & (s->room - 1);
    s->slots[at] = inode + 1;
    s->count++;
}

static void seen_grow(struct disk_seen *s)
{
    struct disk_seen more = {.room = s->room ? 2 * s->room : 1024};

    more.slots = mem_array(more.room, sizeof(more.slots[0]));
    for (size_t i = 0; i < s->room; i++)
        if (s->slots[i])
            seen_put(&more, s->slots[i] - 1);
    free(s->slots);
    *s = more;
}

/* False where it was there already. */
static bool seen_add(struct disk_seen *s, uint64_t inode)
{
    if (2 * s->count >= s->room)
        seen_grow(s);
    for (size_t at = (size_t)(inode * 0x9e3779b97f4a7c15U) & (s->room - 1); s->slots[at];
         at = (at + 1) & (s->room - 1))
        if (s->slots[at] == inode + 1)
            return false;
    seen_put(s, inode);
    return true;
}

void disk_walk_release(struct disk_walk *w)
{
    if (w->seen)
        free(w->seen->slots);
    free(w->seen);
    buf_release(&w->path);
}

static int tell_trouble(struct disk_walk *w, struct str path, const char *why, struct err *e)
{
    CLEANUP_BUF struct buf message = {0};
    uint32_t len = (uint32_t)path.len;

    buf_add(&message, &len, sizeof(len));
    buf_addstr(&message, path);
    buf_addstr(&message, str_head(str_of(why), DISK_TEXT_LIMIT));
    return disk_send(w->image, DISK_WIRE_TROUBLE, buf_str(&message), e);
}

/* A folder that is read, and how far. */
struct level {
    TSK_FS_DIR *dir;
    size_t at;
    size_t path_len; /* of its own path */
};

struct levels {
    struct level *at;
    size_t count;
    size_t room;
};

static void leave(struct levels *l)
{
    tsk_fs_dir_close(l->at[--l->count].dir);
}

static void levels_release(struct levels *l)
{
    while (l->count)
        leave(l);
    free(l->at);
}

/* Reads the folder whose path w->path holds. What cannot be read is told, and left. */
static int enter(struct disk_walk *w, struct levels *l, uint64_t inode, struct err *e)
{
    char words[DISK_TEXT_LIMIT];
    TSK_FS_DIR *dir;

    if (!seen_add(w->seen, inode))
        return tell_trouble(w, buf_str(&w->path),
                            "it is the same folder as one that was listed under another name, and "
                            "is not listed again",
                            e);
    if (l->count == LIMIT_DISK_DEPTH)
        return tell_trouble(w, buf_str(&w->path), "more folders lie within folders than are read",
                            e);
    tsk_error_reset();
    dir = tsk_fs_dir_open_meta(w->fs, inode);
    if (!dir) {
        (void)disk_tsk_words(words);
        return tell_trouble(w, buf_str(&w->path), words, e);
    }
    l->at = mem_grow(l->at, l->count, &l->room, sizeof(l->at[0]));
    l->at[l->count++] = (struct level){dir, 0, w->path.len};
    return 0;
}

/* The names beside it are those of the folder itself and of the one above. */
static bool is_dot(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* Whether what the name leads to is a folder of its own: not one that took the inode of a deleted
 * one over. */
static bool is_folder_to_enter(const TSK_FS_FILE *f)
{
    return f->meta && TSK_FS_IS_DIR_META(f->meta->type) &&
           (TSK_FS_IS_DIR_NAME(f->name->type) || f->name->type == TSK_FS_NAME_TYPE_UNDEF) &&
           (f->name->flags & TSK_FS_NAME_FLAG_ALLOC || f->meta->flags & TSK_FS_META_FLAG_UNALLOC);
}

/* What a name in a folder leads to. libtsk frees it with free(). */
static TSK_FS_FILE *open_name(struct disk_walk *w, const TSK_FS_NAME *name)
{
    TSK_FS_FILE *f = mem_new(TSK_FS_FILE);

    f->tag = TSK_FS_FILE_TAG;
    f->fs_info = w->fs;
    f->name = (TSK_FS_NAME *)name;
    if (f->name->meta_addr || f->name->flags & TSK_FS_NAME_FLAG_ALLOC)
        (void)w->fs->file_add_meta(w->fs, f, f->name->meta_addr);
    tsk_error_reset();
    return f;
}

/* The name stays the folder's. */
static void close_name(TSK_FS_FILE *f)
{
    f->name = NULL;
    tsk_fs_file_close(f);
}

/* Adds a name to the path. False where the path would be too long. */
static bool path_add(struct buf *path, const char *name)
{
    size_t len = strlen(name);

    if (len + 1 > LIMIT_DISK_PATH_SIZE - path->len)
        return false;
    if (path->len)
        buf_addc(path, '\0');
    buf_add(path, name, len);
    return true;
}

static int tell_name(struct disk_walk *w, struct levels *l, TSK_FS_FILE *f, struct err *e)
{
    const char *name = f->name->name && f->name->name[0] ? f->name->name : "?";
    int code;

    if (!path_add(&w->path, name))
        return tell_trouble(w, buf_str(&w->path), "a path in it is longer than is read", e);
    code = disk_tell_file(w, f, buf_str(&w->path), e);
    if (code == 0 && is_folder_to_enter(f) && !is_dot(name))
        code = enter(w, l, f->name->meta_addr, e);
    return code;
}

static int take_next(struct disk_walk *w, struct levels *l, struct err *e)
{
    struct level *top = &l->at[l->count - 1];
    const TSK_FS_NAME *name = &top->dir->names[top->at++];
    TSK_FS_FILE *file;
    int code;

    w->path.len = top->path_len;
    /* Only the root has no other name that its streams could be told by. */
    if (name->name && is_dot(name->name) && (top->dir->addr != w->fs->root_inum || name->name[1]))
        return 0;
    file = open_name(w, name);
    code = tell_name(w, l, file, e);
    close_name(file);
    return code;
}

/* The folder of that number, whose path w->path holds, with all below it. */
static int walk_folder(struct disk_walk *w, uint64_t inode, struct err *e)
{
    CLEANUP(levels_release) struct levels l = {0};
    int code = enter(w, &l, inode, e);

    while (code == 0 && l.count) {
        const struct level *top = &l.at[l.count - 1];

        if (top->at < top->dir->names_used)
            code = take_next(w, &l, e);
        else
            leave(&l);
    }
    return code;
}

/* Which entry of a folder has that name: one that is exactly so, else as this file system compares;
 * one that is there before one that is deleted. */
static const TSK_FS_NAME *find_name(struct disk_walk *w, const TSK_FS_DIR *dir, const char *wanted)
{
    const TSK_FS_NAME *best = NULL;
    int best_rank = 0;

    for (size_t i = 0; i < dir->names_used; i++) {
        const TSK_FS_NAME *n = &dir->names[i];
        bool is_exact = n->name && strcmp(n->name, wanted) == 0;
        int rank = (is_exact ? 2 : 0) + (n->flags & TSK_FS_NAME_FLAG_ALLOC ? 4 : 1);

        if (n->name && !is_dot(n->name) &&
            (is_exact || w->fs->name_cmp(w->fs, n->name, wanted) == 0) && rank > best_rank) {
            best = n;
            best_rank = rank;
        }
    }
    return best;
}

static int no_such_path(struct str path, struct err *e)
{
    return err_set(e, ERR_NOTFOUND, "there is no /" STR_FMT " on it", STR_ARG(path));
}

static int walk_path(struct disk_walk *w, uint64_t folder, struct str whole, struct str rest,
                     struct err *e);

/* One step down a path. */
static int walk_step(struct disk_walk *w, TSK_FS_DIR *dir, const char *wanted, struct str whole,
                     struct str rest, struct err *e)
{
    const TSK_FS_NAME *name = find_name(w, dir, wanted);
    TSK_FS_FILE *file;
    int code;

    if (!name || !path_add(&w->path, name->name))
        return no_such_path(whole, e);
    file = open_name(w, name);
    if (rest.len && !is_folder_to_enter(file))
        code = no_such_path(whole, e);
    else if (rest.len)
        code = walk_path(w, name->meta_addr, whole, rest, e);
    else
        code = disk_tell_file(w, file, buf_str(&w->path), e);
    if (code == 0 && rest.len == 0 && is_folder_to_enter(file))
        code = walk_folder(w, name->meta_addr, e);
    close_name(file);
    return code;
}

static struct str without_slashes(struct str path)
{
    while (path.len && path.p[0] == '/')
        path = str_from(path, 1);
    while (path.len && path.p[path.len - 1] == '/')
        path = str_head(path, path.len - 1);
    return path;
}

static int walk_path(struct disk_walk *w, uint64_t folder, struct str whole, struct str rest,
                     struct err *e)
{
    CLEANUP_BUF struct buf wanted = {0};
    char words[DISK_TEXT_LIMIT];
    TSK_FS_DIR *dir;
    int code;

    buf_addstr(&wanted, str_cut(&rest, '/'));
    tsk_error_reset();
    dir = tsk_fs_dir_open_meta(w->fs, folder);
    if (!dir)
        return err_set(e, ERR_FORMAT,
                       "a folder on the way to /" STR_FMT " cannot be read: " STR_FMT,
                       STR_ARG(whole), STR_ARG(disk_tsk_words(words)));
    code = walk_step(w, dir, buf_text(&wanted), whole, without_slashes(rest), e);
    tsk_fs_dir_close(dir);
    return code;
}

/* A file by its number alone has no name: its path says the number. */
static int walk_inode(struct disk_walk *w, struct err *e)
{
    TSK_FS_FILE *file = tsk_fs_file_open_meta(w->fs, NULL, w->task.inode);
    char words[DISK_TEXT_LIMIT];
    int code;

    if (!file)
        return err_set(e, ERR_NOTFOUND, "there is no inode %llu on it: " STR_FMT,
                       (unsigned long long)w->task.inode, STR_ARG(disk_tsk_words(words)));
    buf_addf(&w->path, "inode-%llu", (unsigned long long)w->task.inode);
    code = disk_tell_file(w, file, buf_str(&w->path), e);
    if (code == 0 && file->meta && TSK_FS_IS_DIR_META(file->meta->type) && !w->task.attribute_type)
        code = walk_folder(w, w->task.inode, e);
    tsk_fs_file_close(file);
    if (code == 0 && w->file_count == 0)
        code = err_set(e, ERR_NOTFOUND, "inode %llu has no such attribute, or is not deleted",
                       (unsigned long long)w->task.inode);
    return code;
}

int disk_walk_run(struct disk_walk *w, struct str path, struct err *e)
{
    w->seen = mem_new(struct disk_seen);
    if (w->task.flags & DISK_TASK_HAS_INODE)
        return walk_inode(w, e);
    path = without_slashes(path);
    if (path.len)
        return walk_path(w, w->fs->root_inum, path, path, e);
    return walk_folder(w, w->fs->root_inum, e);
}
