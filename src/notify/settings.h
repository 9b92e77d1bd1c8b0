/* settings.h: the accounts that carry messages, and the keys of recipients, from a file outside
 * every case (doc/format/notification.md §2). It holds secrets: settings_free wipes them. */
#pragma once
#include "base/err.h"
#include "base/str.h"

struct channel_kind;

enum { SETTINGS_SIZE_LIMIT = 64 * 1024, SETTINGS_WAIT_S = 60 };

/* One setting that a kind understands. */
struct setting {
    const char *name;
    unsigned flags;
    const char *const *choices; /* ends with NULL; NULL: any text */
};
enum { SETTING_REQUIRED = 1, SETTING_SECRET = 2 };

struct account;
struct settings;

/* Reads the text of a file. name is for messages, which never repeat a value. ERR_FORMAT with the
 * line. */
MUST_CHECK int settings_parse(struct settings **out, const char *name, struct str text,
                              struct err *e);
/* Reads the file, if it is the user's own and nobody else may read it, and takes care that this
 * process leaves no core dump from now on. ERR_NOTFOUND, ERR_DENIED, ERR_FORMAT, ERR_IO. */
MUST_CHECK int settings_read(struct settings **out, const char *path, struct err *e);
void settings_free(struct settings *s);
DEFINE_CLEANUP(struct settings *, settings_free)

const struct account *settings_account(const struct settings *s, struct str name);
const struct account *settings_next(const struct settings *s, size_t *at); /* NULL at the end */
struct str account_name(const struct account *a);
const struct channel_kind *account_kind(const struct account *a);
/* Empty where nothing was said. */
struct str account_value(const struct account *a, const char *setting);
unsigned account_wait_s(const struct account *a);
/* The words of `label`, or of its kind. */
struct str account_label(const struct account *a);

/* The file of a recipient's key; protection is "pgp" or "smime". Empty where there is none. */
struct str settings_key_file(const struct settings *s, struct str address, const char *protection);

/* Every value of the account that is secret is cut out of the text. */
void account_redact(const struct account *a, char *text);
