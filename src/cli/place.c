/* place.c: finds keys, state and the case by the environment and the folder one stands in. */
#include "cli/place.h"
#include <glob.h>
#include <unistd.h>
#include "base/limits.h"
#include "sys/file.h"

static char *join(const char *folder, const char *name)
{
    struct buf path = {0};

    buf_addf(&path, "%s/%s", folder, name);
    return buf_take(&path);
}

static char *below_home(const char *variable, const char *usual, const char *name)
{
    const char *base = getenv(variable);
    const char *home = getenv("HOME");
    char *folder;
    char *path;

    if (base && *base == '/')
        return join(base, name);
    if (!home || *home != '/')
        return NULL;
    folder = join(home, usual);
    path = join(folder, name);
    free(folder);
    return path;
}

static bool is_case(const char *folder)
{
    char *db = join(folder, "case.db");
    bool found = file_is_there(db);

    free(db);
    return found;
}

static char *case_here(void)
{
    char *found = NULL;
    glob_t g;

    if (is_case("."))
        return realpath(".", NULL);
    if (glob("*.calm", GLOB_NOSORT, NULL, &g) == 0 && g.gl_pathc == 1 && is_case(g.gl_pathv[0]))
        found = realpath(g.gl_pathv[0], NULL);
    globfree(&g);
    return found;
}

static char *name_opened_last(const char *state_folder)
{
    CLEANUP_BUF struct buf text = {0};
    char *file = state_folder ? join(state_folder, "current") : NULL;
    char *folder = NULL;

    if (file && file_read(&text, file, LIMIT_ARCHIVE_PATH_SIZE, NULL) == 0) {
        struct str s = str_trim(buf_str(&text));

        folder = mem_dup(s.p, s.len);
    }
    free(file);
    return folder;
}

static char *case_opened_last(const char *state_folder)
{
    char *folder = name_opened_last(state_folder);

    if (folder && is_case(folder))
        return folder;
    free(folder);
    return NULL;
}

int place_begin(struct place *p, const struct model *m, struct err *e)
{
    const char *keys = getenv("CALM_KEYS");

    p->key_folder =
        keys && *keys ? mem_strdup(keys) : below_home("XDG_DATA_HOME", ".local/share", "calm/keys");
    p->state_folder = below_home("XDG_STATE_HOME", ".local/state", "calm");
    p->config_folder = below_home("XDG_CONFIG_HOME", ".config", "calm");
    p->around = (struct surroundings){p->key_folder, p->state_folder, p->config_folder, NULL, m};
    if (p->key_folder)
        return 0;
    return err_set(e, ERR_USAGE,
                   "there is no place to keep your key: set HOME, or CALM_KEYS to a folder that "
                   "only you can read");
}

void place_guess(struct place *p, const char *case_option)
{
    const char *named = case_option ? case_option : getenv("CALM_CASE");

    p->case_folder = named && *named ? mem_strdup(named) : name_opened_last(p->state_folder);
    p->around.case_folder = p->case_folder;
}

int place_find(struct place *p, const struct model *m, const char *case_option, struct err *e)
{
    const char *named = case_option ? case_option : getenv("CALM_CASE");
    int rc = place_begin(p, m, e);

    if (rc)
        return rc;
    if (named && *named) {
        if (!is_case(named))
            return err_set(e, ERR_NOTFOUND, "%s is not the folder of a case", named);
        p->case_folder = mem_strdup(named);
    } else {
        p->case_folder = case_here();
        if (!p->case_folder)
            p->case_folder = case_opened_last(p->state_folder);
    }
    p->around.case_folder = p->case_folder;
    return 0;
}

void place_release(struct place *p)
{
    free(p->key_folder);
    free(p->state_folder);
    free(p->config_folder);
    free(p->case_folder);
}
