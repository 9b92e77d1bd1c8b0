/* people.c: reads who is logged in over a network. */
#include "contain/people.h"
#include <string.h>
#include <utmp.h>
#include "contain/spell.h"
#include "sys/file.h"

enum { UTMP_SIZE = 4 << 20, V4_SIZE = 4 };

/* IPv4 fills the first four bytes, and the others are 0 (utmp(5)); or it stands within IPv6. */
static bool take_address(const struct utmp *u, struct net *out)
{
    static const uint8_t none[16];
    uint8_t bytes[16];

    memcpy(bytes, u->ut_addr_v6, sizeof(bytes));
    if (memcmp(bytes, none, sizeof(none)) == 0)
        return false;
    *out = net_single(bytes, memcmp(bytes + V4_SIZE, none, sizeof(none) - V4_SIZE) != 0);
    return true;
}

void people_tell(struct str utmp, const struct plan *p, people_loses *loses, struct buf *out)
{
    for (; utmp.len >= sizeof(struct utmp); utmp = str_from(utmp, sizeof(struct utmp))) {
        CLEANUP_BUF struct buf line = {0};
        char text[NET_TEXT_SIZE];
        struct net from;
        struct utmp u;

        memcpy(&u, utmp.p, sizeof(u));
        if (u.ut_type != USER_PROCESS || !take_address(&u, &from) || !loses(p, &from))
            continue;
        buf_adds(&line, "person ");
        spell_add(&line, (struct str){u.ut_user, strnlen(u.ut_user, sizeof(u.ut_user))});
        buf_addf(&line, " %s", net_text(text, &from));
        if (!str_has_line(buf_str(out), buf_str(&line)))
            buf_addf(out, "%s\n", buf_text(&line));
    }
}

void people_preview(const struct plan *p, people_loses *loses, struct buf *out)
{
    CLEANUP_BUF struct buf utmp = {0};

    if (file_read(&utmp, "/run/utmp", UTMP_SIZE, NULL) == 0)
        people_tell(buf_str(&utmp), p, loses, out);
}
