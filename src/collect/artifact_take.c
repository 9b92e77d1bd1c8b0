/* artifact_take.c: takes what artifact definitions name: copies of files, and lines of live/file.
 */
#include "collect/artifact_load.h"
#include "collect/files.h"

enum { GROUP_DEPTH = 32 };

/* One definition at work. */
struct taking {
    struct files *f;
    struct artifact_set set;
    struct artifact_texts homes;
    const struct artifact *artifact;
    const struct artifact_source *source;
    uint64_t files;
    uint64_t bytes;
    uint64_t entries;
    unsigned depth;
};

static void refuse(struct taking *t, const char *why, const char *what)
{
    collection_missing(t->f->c, str_of(t->artifact->name), 0, "%s: %s", why, what);
}

static void put_line(struct taking *t, const char *path, const struct file_copy *copy)
{
    CLEANUP_BUF struct buf whole = {0};
    struct json *j;

    buf_addf(&whole, "/%s", path);
    j = bundle_line_begin(t->f->c->artifacts);
    json_put_text(j, "artifact", t->artifact->name);
    collection_put_bytes(j, "path", buf_str(&whole));
    collection_put_bytes(j, "member", str_of(copy->member));
    if (copy->is_part) {
        json_put_u64(j, "from", copy->from);
        json_put_u64(j, "size", copy->size);
    }
    files_settle(t->f, bundle_line_end(t->f->c->artifacts, t->f->c->e));
}

static bool found_file(void *context, const char *path, int fd, const struct stat *st)
{
    struct taking *t = context;
    struct files *f = t->f;
    struct file_copy copy;

    if (S_ISDIR(st->st_mode))
        return true;
    files_copy(f, path, fd, t->source->keep, t->source->limit, t->artifact, &copy);
    if (!copy.member || copy.is_told || f->c->status)
        return f->c->status == 0;
    put_line(t, path, &copy);
    t->files++;
    t->bytes += copy.is_new ? copy.bytes : 0;
    return f->c->status == 0;
}

static bool found_entry(void *context, const char *path, int fd, const struct stat *st)
{
    struct taking *t = context;
    uint64_t before = t->f->left;
    bool goes_on = files_list(t->f, path, fd, t->artifact->name);

    (void)st;
    t->entries += before - t->f->left;
    return goes_on;
}

static void take_pattern(void *context, const char *pattern)
{
    struct taking *t = context;
    bool is_path = t->source->kind == ARTIFACT_PATH;
    uint64_t most = is_path && t->source->limit ? t->source->limit : FILES_ENTRY_COUNT;

    if (t->f->c->status == 0)
        files_glob(t->f, pattern, most, !is_path, is_path ? found_entry : found_file, t);
}

static void take_paths(struct taking *t)
{
    if (t->source->separator && strcmp(t->source->separator, "/") != 0) {
        refuse(t, "its paths are of another system", t->source->paths.list[0]);
        return;
    }
    for (size_t i = 0; i < t->source->paths.count; i++)
        if (!files_expand(&t->homes, t->source->paths.list[i], take_pattern, t))
            refuse(t, "this host has nothing that the path stands for", t->source->paths.list[i]);
}

static void take_artifact(struct taking *around, struct artifact *a);

static void take_group(struct taking *t)
{
    for (size_t i = 0; i < t->source->names.count && t->f->c->status == 0; i++) {
        struct artifact *a = artifact_find(&t->set, t->source->names.list[i]);

        if (!a)
            refuse(t, "it names a definition that is not there", t->source->names.list[i]);
        else if (t->depth >= GROUP_DEPTH)
            refuse(t, "groups within groups go too deep", a->name);
        else
            take_artifact(t, a);
    }
}

static void take_source(struct taking *t)
{
    const struct artifact_source *s = t->source;

    if (!s->is_for_linux)
        return;
    if (s->kind == ARTIFACT_GROUP)
        take_group(t);
    else if (s->kind != ARTIFACT_OTHER)
        take_paths(t);
    else if (s->command)
        refuse(t, "it wants a program to be run, and none of the host is", s->command);
    else
        refuse(t, "nothing on this system is of that type", s->type);
}

static void put_summary(struct taking *t)
{
    struct json *j = bundle_line_begin(t->f->c->artifacts);

    json_put_text(j, "artifact", t->artifact->name);
    collection_put_bytes(j, "definitions", str_of(t->artifact->origin));
    json_put_u64(j, "files", t->files);
    json_put_u64(j, "bytes", t->bytes);
    json_put_u64(j, "entries", t->entries);
    files_settle(t->f, bundle_line_end(t->f->c->artifacts, t->f->c->e));
}

static void take_artifact(struct taking *around, struct artifact *a)
{
    struct taking t = *around;

    if (a->is_taken || !a->is_for_linux || t.f->c->status || collection_is_stopped(t.f->c))
        return;
    a->is_taken = true;
    t.artifact = a;
    t.depth++;
    t.files = t.bytes = t.entries = 0;
    for (size_t i = 0; i < a->source_count && t.f->c->status == 0; i++) {
        t.source = &a->sources[i];
        take_source(&t);
    }
    if (t.f->c->status == 0)
        put_summary(&t);
}

static void refuse_definitions(void *context, const char *path, int number, const char *why)
{
    struct taking *t = context;

    collection_missing(t->f->c, str_of(path), number, "%s", why);
}

static void take_named(struct taking *t)
{
    const struct collection_options *o = t->f->c->options;

    for (size_t i = 0; i < o->artifact_count; i++) {
        struct artifact *a = artifact_find(&t->set, o->artifacts[i]);

        if (!a)
            collection_missing(t->f->c, str_of(o->artifacts[i]), 0, "no definition has this name");
        else if (!a->is_for_linux)
            collection_missing(t->f->c, str_of(o->artifacts[i]), 0,
                               "the definition is for another system");
        else
            take_artifact(t, a);
    }
}

void files_take_artifacts(struct files *f)
{
    struct taking t = {.f = f, .set.arena = f->c->arena};

    artifacts_load(&t.set, f->c->options, refuse_definitions, &t);
    files_homes(f, &t.homes);
    if (f->c->options->artifact_count)
        take_named(&t);
    for (size_t i = 0; !f->c->options->artifact_count && i < t.set.count; i++)
        take_artifact(&t, &t.set.list[i]);
    free((void *)t.homes.list);
    artifact_set_release(&t.set);
}
