/* files_home.c: the home folders of a host, and paths that begin with them. */
#include "collect/files.h"

static bool is_there(const struct artifact_texts *t, struct str path)
{
    for (size_t i = 0; i < t->count; i++)
        if (str_is(path, t->list[i]))
            return true;
    return false;
}

struct homes {
    struct files *f;
    struct artifact_texts *out;
    size_t room;
};

static void add_home(struct homes *h, struct str path)
{
    while (path.len > 1 && path.p[path.len - 1] == '/')
        path.len--;
    if (path.len < 2 || path.p[0] != '/' || path.len > FILES_PATH_SIZE || is_there(h->out, path))
        return;
    if (h->out->count == FILES_HOME_COUNT) {
        collection_missing(h->f->c, path, 0, "more than %d home folders", FILES_HOME_COUNT);
        return;
    }
    h->out->list = mem_grow((void *)h->out->list, h->out->count, &h->room, sizeof(*h->out->list));
    h->out->list[h->out->count++] = arena_dup(h->f->c->arena, path.p, path.len);
}

static bool found_home(void *context, const char *path, int fd, const struct stat *st)
{
    CLEANUP_BUF struct buf whole = {0};

    (void)fd;
    buf_addf(&whole, "/%s", path);
    if (S_ISDIR(st->st_mode))
        add_home(context, buf_str(&whole));
    return true;
}

/* Accounts of a directory service, and those that were removed, are in no file; their folders are.
 */
void files_homes(struct files *f, struct artifact_texts *out)
{
    enum { HOME_FIELD = 5, LOOK_COUNT = 100000 };
    struct homes h = {.f = f, .out = out};
    CLEANUP_BUF struct buf text = {0};
    int code = host_read(&f->c->host, "etc/passwd", &text, GATHER_FILE_SIZE);
    struct str rest = buf_str(&text);
    struct str line;

    if (code < 0 && code != -EFBIG)
        files_missing(f, "etc/passwd", code, "home folders are not known from it");
    while (take_line(&rest, &line)) {
        for (int i = 0; i < HOME_FIELD; i++)
            str_cut(&line, ':');
        add_home(&h, str_cut(&line, ':'));
    }
    add_home(&h, STR("/root"));
    files_glob(f, "/home/*", LOOK_COUNT, false, found_home, &h);
}

bool files_expand(const struct artifact_texts *homes, const char *path, files_expanded *each,
                  void *context)
{
    static const char variable[] = "%%users.homedir%%";
    bool has_home = strncmp(path, variable, sizeof(variable) - 1) == 0;
    const char *rest = path + (has_home ? sizeof(variable) - 1 : 0);
    CLEANUP_BUF struct buf pattern = {0};

    if (strstr(rest, "%%") || (!has_home && path[0] != '/'))
        return false;
    if (!has_home)
        each(context, path);
    for (size_t i = 0; has_home && i < homes->count; i++) {
        buf_clear(&pattern);
        files_escape(&pattern, str_of(homes->list[i]));
        buf_adds(&pattern, rest);
        each(context, buf_text(&pattern));
    }
    return true;
}
