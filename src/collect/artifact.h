/* artifact.h: artifact definitions (doc/format/artifacts.md): reading them, and the names of files
 * that match a path. Internal to src/collect/. */
#pragma once
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"

enum {
    ARTIFACT_TEXT_SIZE = 1 << 20, /* bytes of a file of definitions */
    ARTIFACT_COUNT = 20000,
    ARTIFACT_LIST_COUNT = 1000, /* sources of a definition, texts of a list */
    ARTIFACT_VALUE_SIZE = 4096,
    ARTIFACT_DEPTH = 8,       /* levels of a document */
    ARTIFACT_GLOB_DEPTH = 24, /* of a `**` */
};

enum artifact_kind { ARTIFACT_FILE, ARTIFACT_PATH, ARTIFACT_GROUP, ARTIFACT_OTHER };
enum artifact_keep { KEEP_HEAD, KEEP_TAIL, KEEP_WHOLE };

struct artifact_texts {
    const char **list;
    size_t count;
};

struct artifact_source {
    const char *type; /* as it is spelled */
    enum artifact_kind kind;
    struct artifact_texts paths;
    struct artifact_texts names; /* of a group */
    const char *command;         /* NULL: none */
    const char *separator;       /* NULL: "/" */
    bool is_for_linux;
    enum artifact_keep keep;
    uint64_t limit; /* 0: the default */
};

struct artifact {
    const char *name;
    const char *doc;    /* NULL: none */
    const char *origin; /* which file it came from */
    struct artifact_texts aliases;
    struct artifact_source *sources;
    size_t source_count;
    bool is_for_linux;
    bool is_taken; /* by who collects; false when read */
};

struct artifact_set {
    struct arena *arena; /* holds all texts */
    struct artifact *list;
    size_t count;
    size_t room;
};
void artifact_set_release(struct artifact_set *s);

/* Adds the definitions of one file; origin is kept in the arena. ERR_FORMAT, ERR_LIMIT: the
 * sentence names the line, and none of the file's definitions is added. */
MUST_CHECK int artifact_read(struct artifact_set *s, struct str text, const char *origin,
                             struct err *e);
/* By name or alias, the first in the order of reading; NULL. */
struct artifact *artifact_find(const struct artifact_set *s, const char *name);

/* Whether a name matches one component of a path with *, ?, [ ]. */
bool artifact_name_matches(struct str pattern, struct str name);
bool artifact_is_pattern(struct str component);
/* The levels of a component that begins with `**`; false for any other. */
bool artifact_is_recursive(struct str component, unsigned *levels);
