/* notify_settings.c: where the accounts of channels are written down, and the list of them. */
#include "base/sink.h"
#include "practice/notify_reach.h"

static int path_of(const struct surroundings *around, struct buf *path, struct err *e)
{
    if (!around->config_folder)
        return err_set(e, ERR_NOTFOUND, "there is no place for settings: set HOME");
    buf_addf(path, "%s/notify.conf", around->config_folder);
    return 0;
}

int notify_settings(const struct surroundings *around, struct settings **out, struct err *e)
{
    CLEANUP_BUF struct buf path = {0};
    int rc = path_of(around, &path, e);

    if (rc == 0)
        rc = settings_read(out, buf_text(&path), e);
    if (rc == ERR_NOTFOUND) {
        *out = NULL;
        return 0;
    }
    return rc;
}

static void tell(const struct account *account, struct answer *a, struct json *j)
{
    const struct channel_kind *kind = account_kind(account);
    const char *by = kind->protection ? kind->protection(account) : NULL;

    if (a->wants_json) {
        json_object_begin(j);
        json_put_str(j, "name", account_name(account));
        json_put_text(j, "kind", kind->name);
        json_put_str(j, "label", account_label(account));
        json_put_text(j, "protect", by);
        json_object_end(j);
        return;
    }
    sink_terminal(&a->text, account_name(account), false);
    buf_addf(&a->text, ": %s (%s), up to ", kind->name, kind->help);
    buf_addstr(&a->text, account_label(account));
    buf_addf(&a->text, "%s%s\n", by ? ", encrypted by " : "", by ? by : "");
}

static int accounts_query(const struct view *v, const struct operation *op, const struct input *in,
                          struct answer *a, struct err *e)
{
    CLEANUP(settings_freep) struct settings *s = NULL;
    const struct account *account;
    struct json j;
    int rc = notify_settings(a->around, &s, e);

    (void)v;
    (void)op;
    (void)in;
    if (rc)
        return rc;
    json_begin(&j, &a->json);
    if (a->wants_json)
        json_array_begin(&j);
    for (size_t at = 0; s && (account = settings_next(s, &at));)
        tell(account, a, &j);
    if (a->wants_json)
        json_array_end(&j);
    else if (!a->text.len)
        buf_adds(&a->text,
                 "No accounts: notify.conf in your settings folder (~/.config/calm) is not "
                 "there, or empty. Messages are phoned.\n");
    return 0;
}

const struct operation notify_accounts = {
    .name = "notify accounts",
    .practice = "notify",
    .help = "list the accounts of notify.conf that can carry messages, without their secrets",
    .example = "calm notify accounts",
    .type = OP_QUERY,
    .faces = FACE_ALL,
    .query = accounts_query};
