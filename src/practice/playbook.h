/* playbook.h: playbooks, shipped and one's own, as steps in the order of the work. */
#pragma once
#include "practice/cacao.h"
#include "practice/practice.h"

extern const struct kind playbook_kind;      /* "playbook": one that is known in this case */
extern const struct kind playbook_step_kind; /* "step", st1 …: what was done with a step */

struct playbook_command {
    struct str platform; /* "Linux", "by hand", "ssh" */
    struct str effect;   /* "reads", "changes"; empty where the playbook does not say */
    struct str note;
    struct str text;
};

struct playbook_step {
    struct str texts[CACAO_THEN + 1]; /* by enum cacao_step_text */
    struct playbook_command *commands;
    size_t command_count;
    size_t command_room;
};

/* Texts are foreign: not yet escaped for any sink. */
struct playbook {
    struct arena *arena;
    struct str name;                      /* as it is called here: "ransomware" */
    struct str id, title, text, modified; /* of the document */
    struct str label;                     /* "TLP:GREEN"; empty for none */
    bool is_shipped;
    struct hash sha256; /* of the document */
    struct str *remarks;
    size_t remark_count;
    size_t remark_room;
    struct str (*variables)[3]; /* name, value, description */
    size_t variable_count;
    size_t variable_room;
    struct playbook_step *steps;
    size_t step_count;
    size_t step_room;
};
void playbook_free(struct playbook *p);
DEFINE_CLEANUP(struct playbook *, playbook_free)

/* Reads a document through the worker; name is how it is called. ERR_FORMAT and ERR_LIMIT with the
 * sentence that says why it is refused. */
MUST_CHECK int playbook_read(struct playbook **out, const char *name, int fd, struct err *e);
/* The rows of a document, however they came. Steps are appended to p. */
import_row playbook_take_row;
struct playbook *playbook_new(struct str name);
/* One that ships with the program. ERR_NOTFOUND. */
MUST_CHECK int playbook_shipped(struct playbook **out, struct str name, struct err *e);
/* The titles that the shipped ones give themselves, in the order of texts_playbook; *out is in the
 * arena. */
MUST_CHECK int playbook_titles(struct arena *arena, struct str **out, size_t *count, struct err *e);
/* One that a case knows; v may be NULL: then shipped ones only. ERR_NOTFOUND says what there is. */
MUST_CHECK int playbook_find(struct playbook **out, const struct view *v, struct str name,
                             struct err *e);

/* How a step of a playbook in use stands: the last record of it; NULL for none. */
const struct thing *playbook_record(const struct view *v, const struct thing *playbook,
                                    struct str step_id);
bool playbook_is_in_use(const struct thing *playbook);

/* Screens. thing is the playbook's record in the case, or NULL. */
struct screen;
void playbook_show(const struct playbook *p, const struct view *v, const struct thing *thing,
                   struct screen *s);
void playbook_show_step(const struct playbook *p, size_t step, const struct thing *record,
                        struct screen *s);
void playbook_json(const struct playbook *p, const struct view *v, const struct thing *thing,
                   struct json *j);
/* The command of calm that a step's practice is recorded with: "calm stop plan". */
const char *playbook_command_of(struct str verb);

extern const struct operation playbook_overview, playbook_list, playbook_show_one, playbook_use,
    playbook_leave, playbook_next, playbook_done, playbook_skip, playbook_load;
