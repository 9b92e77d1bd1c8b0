/* artifact_load.c: reads the artifact definitions that a collection knows, and says early what is
 * wrong with those that a person named. */
#include "collect/artifact_load.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include "artifact_builtin.h"

struct loading {
    struct artifact_set *set;
    artifacts_refused *refused;
    void *context;
};

/* The first built-in file is for both profiles, the rest for the full one, and for names. */
static void read_built_in(struct loading *l, const struct collection_options *o)
{
    bool all = o->profile == PROFILE_FULL || o->artifact_count;

    for (size_t i = 0; i < COUNT_OF(artifact_builtin) && (all || i == 0); i++) {
        CLEANUP_BUF struct buf origin = {0};
        struct err e = {0};

        buf_addf(&origin, "built-in/%s", artifact_builtin[i].name);
        if (artifact_read(l->set, artifact_builtin[i].bytes, buf_text(&origin), &e) < 0)
            BUG("%s: %s", buf_text(&origin), e.text);
    }
}

/* Definitions lie with who collects, not on the host's tree. */
static void read_file(struct loading *l, const char *path)
{
    CLEANUP_BUF struct buf text = {0};
    CLEANUP_BUF struct buf why = {0};
    CLEANUP_HOST_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    int code = fd < 0 ? -errno : host_read_fd(fd, &text, ARTIFACT_TEXT_SIZE);
    struct err e = {0};

    if (code < 0) {
        l->refused(l->context, path, -code, "the definitions cannot be read");
    } else if (artifact_read(l->set, buf_str(&text), path, &e) < 0) {
        buf_addf(&why, "the definitions are not taken: %s", e.text);
        l->refused(l->context, path, 0, buf_text(&why));
    }
}

static void read_folder(struct loading *l, const char *path, int fd)
{
    enum { NAME_COUNT = 10000 };
    CLEANUP_NAMES struct names names = {0};
    int code = host_names_fd(fd, &names, NAME_COUNT);

    if (code < 0)
        l->refused(l->context, path, -code, "the definitions cannot be listed");
    for (size_t i = 0; i < names.count; i++) {
        CLEANUP_BUF struct buf file = {0};
        struct str name = str_of(names.list[i]);

        buf_addf(&file, "%s/%s", path, names.list[i]);
        if (str_ends(name, ".yaml") || str_ends(name, ".yml"))
            read_file(l, buf_text(&file));
    }
}

void artifacts_load(struct artifact_set *s, const struct collection_options *o,
                    artifacts_refused *refused, void *context)
{
    struct loading l = {s, refused, context};

    read_built_in(&l, o);
    for (size_t i = 0; i < o->definition_count; i++) {
        int fd = open(o->definitions[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        if (fd >= 0)
            read_folder(&l, o->definitions[i], fd);
        else
            read_file(&l, o->definitions[i]);
    }
}

struct checking {
    const struct collection_options *o;
    struct err *e;
    int status;
};

/* One bad file among the many of a folder is for the list of what is missing. */
static void refuse(void *context, const char *path, int number, const char *why)
{
    struct checking *c = context;

    for (size_t i = 0; i < c->o->definition_count && c->status == 0; i++) {
        if (strcmp(path, c->o->definitions[i]) != 0)
            continue;
        if (number)
            c->status = err_set(c->e, number == ENOENT ? ERR_NOTFOUND : ERR_IO, "%s: %s: %s", path,
                                why, strerror(number));
        else
            c->status = err_set(c->e, ERR_FORMAT, "%s: %s", path, why);
    }
}

static int check_names(const struct artifact_set *s, const struct collection_options *o,
                       struct err *e)
{
    for (size_t i = 0; i < o->artifact_count; i++) {
        const struct artifact *a = artifact_find(s, o->artifacts[i]);

        if (!a)
            return err_set(e, ERR_USAGE,
                           "no definition is called \"%s\"; capitals count. More of them come by "
                           "--definitions PATH",
                           o->artifacts[i]);
        if (!a->is_for_linux)
            return err_set(e, ERR_USAGE, "the definition \"%s\" is for another system than Linux",
                           o->artifacts[i]);
    }
    return 0;
}

int artifacts_check(const struct collection_options *o, struct err *e)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct artifact_set set = {.arena = arena};
    struct checking c = {.o = o, .e = e};

    if (o->artifact_count || o->definition_count)
        artifacts_load(&set, o, refuse, &c);
    if (c.status == 0)
        c.status = check_names(&set, o, e);
    artifact_set_release(&set);
    return c.status;
}
