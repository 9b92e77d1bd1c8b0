/* others.c: whom plans that are in effect on this host let pass. */
#include "contain/others.h"
#include <unistd.h>
#include "contain/allow.h"
#include "base/mem.h"
#include "sys/file.h"

enum { LOCK_MS = 2000 }; /* an emergency waits for this, too */

static bool is_known(const struct host_view *host, const struct endpoint *a)
{
    char one[ENDPOINT_TEXT_SIZE], other[ENDPOINT_TEXT_SIZE];

    endpoint_text(one, a);
    for (size_t i = 0; i < host->other_count; i++)
        if (str_is(str_of(one), endpoint_text(other, &host->others[i])))
            return true;
    return false;
}

/* No isolation could name it: a block leaves such networks out, and no responder is meant. */
static bool is_too_wide(const struct host_view *host, const struct endpoint *a)
{
    bool is = allow_is_too_wide(&a->net);

    for (size_t i = 0; i < host->gateway_count; i++)
        is |= !net_is_one(&a->net) && net_has(&a->net, &host->gateways[i]);
    return is;
}

void others_add(const struct ledger *l, const struct id *but, struct host_view *host)
{
    for (size_t i = 0; i < l->count; i++) {
        const struct ledger_entry *entry = &l->entries[i];

        if (entry->state == LEDGER_PREPARED || !ledger_is_live(entry) ||
            id_eq(&entry->plan->id, but))
            continue;
        for (size_t k = 0; k < entry->plan->allow_count; k++) {
            if (is_known(host, &entry->plan->allow[k]) || is_too_wide(host, &entry->plan->allow[k]))
                continue;
            host->others =
                mem_grow(host->others, host->other_count, &host->other_room, sizeof(*host->others));
            host->others[host->other_count++] = entry->plan->allow[k];
        }
    }
}

int others_look(const char *folder, const struct id *but, struct host_view *host, struct err *e)
{
    CLEANUP_LEDGER struct ledger l = {.fd = -1, .lock = -1};
    int rc;

    if (geteuid() != 0 || !file_is_there(folder))
        return 0;
    rc = ledger_open(&l, folder, LOCK_MS, e);
    if (rc == 0)
        others_add(&l, but, host);
    return rc;
}
