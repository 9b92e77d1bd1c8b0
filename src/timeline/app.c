/* app.c: the sentence of a line in a log that names no program. */
#include "timeline/app.h"
#include "base/mem.h"
#include "timeline/level.h"
#include "timeline/syslog_programs.h"
#include "timeline/syslog_words.h"

enum {
    FRONTS_MOST = 7,   /* what stands in front of a sentence */
    FRONT_BYTES = 120, /* of each, */
    LEAST_BYTES = 16,  /* and of the sentence */
};

/* Tags of syslog under which such programs write there. */
static const char known[] =
    "asterisk|freeswitch|lighttpd|mongod|roundcube|HORDE|horde|gitlab|gitea|forgejo|vaultwarden|"
    "Bitwarden-Identity|murmurd|mumble-server|znc|odoo|jellyfin|keycloak|authelia|endlessh|sonarr|"
    "radarr|prowlarr|Sonarr|Radarr|Prowlarr|mono|ejabberd|nsd|guacd|stunnel|hass|paperless|immich|"
    "qbittorrent-nox|navidrome|grafana";

bool app_is_known(struct str name)
{
    struct str rest = str_of(known);

    while (name.len && rest.len)
        if (str_eq(str_cut(&rest, '|'), name))
            return true;
    return false;
}

static bool is_letter(char c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

/* "[worker 1]", "(http_auth.c.875)", "{cps.web:1475}", "<j2pncet8>" and a colon. */
static bool take_group(struct str *text)
{
    static const char opens[] = "[({<", closes[] = "])}>";
    const char *open = strchr(opens, text->p[0]);
    size_t most = text->len < FRONT_BYTES ? text->len : FRONT_BYTES, depth = 0;

    for (size_t i = 0; open && i < most; i++) {
        depth += text->p[i] == *open;
        if (text->p[i] == closes[open - opens] && --depth == 0) {
            *text = str_from(*text, i + 1);
            return true;
        }
    }
    return false;
}

/* "AUDIT", "local.WARNING", "o.a.g.r.auth.AuthenticationService", "sofia_reg.c:1533", "00.00%",
 * "8#8", "vaultwarden::api": no word of a sentence is like these. */
static bool is_front_word(struct str word)
{
    size_t letters = 0, small = 0, marks = 0;

    for (size_t i = 0; i < word.len; i++) {
        char c = word.p[i];

        letters += is_letter(c);
        small += c >= 'a' && c <= 'z';
        marks += (c == '.' || c == ':' || c == '#') && i > 0 && i + 1 < word.len;
    }
    return letters == 0 || marks > 0 || (small == 0 && word.len > 2) || level_is_plain(word);
}

/* Such a word, with what is behind it: "NOTICE[1638][C-01]:", "INFO |", "chan_sip.c:". Behind a
 * place in a source there may be a function ("handle_request_register:"). */
static bool take_word(struct str *text, bool is_behind_place, bool *is_place)
{
    struct str word = *text, behind;
    size_t n = 0;

    if (is_behind_place)
        (void)(str_take(text, "in ") && (word = *text, true));
    while (n < text->len && n < FRONT_BYTES && !strchr(" \t[(<{|,;=\"'", text->p[n]))
        n++;
    word.len = n;
    if (n == 0 || n == FRONT_BYTES || n == text->len || strchr("=\"'", text->p[n]))
        return false;
    behind = str_from(*text, n);
    str_skip_blanks(&behind);
    if (str_ends(word, ":"))
        word.len--;
    if (!is_front_word(word) && !str_starts(behind, "|") && !(is_behind_place && word.len < n))
        return false;
    *is_place = memmem(word.p, word.len, ".c", 2) || memmem(word.p, word.len, ".go", 3);
    *text = str_from(*text, n);
    return true;
}

/* One of the things in front of a sentence, and what parts it from the next. */
static bool take_front(struct str *text, bool *is_behind_place)
{
    struct str at = *text;
    bool is_place = false;

    if (!take_group(&at) && !take_word(&at, *is_behind_place, &is_place))
        return false;
    while (at.len && strchr(" \t|,;:-", at.p[0]))
        at = str_from(at, 1);
    *is_behind_place = is_place;
    *text = at;
    return true;
}

/* Of a request, what stands in its target, and what became of it. */
static void put_request(struct event *e)
{
    struct str target = event_value(e, FIELD_URL_ORIGINAL);
    struct str status = event_value(e, FIELD_HTTP_RESPONSE_STATUS);

    if (event_value(e, FIELD_EVENT_ACTION).len || target.len == 0 || status.len == 0)
        return;
    event_put(e, FIELD_URL_PATH, str_cut(&target, '?'));
    event_put(e, FIELD_URL_QUERY, target);
    access_put_answer(e, status);
}

static bool has_topics(struct str text)
{
    struct str topics = str_cut(&text, ' ');
    const char *comma = memchr(topics.p, ',', topics.len);

    return comma && comma + 1 < topics.p + topics.len && is_letter(topics.p[0]) &&
           is_letter(comma[1]) && text.len;
}

/* "firewall,info drop-in input: in:ether1 …", "system,error,critical login failure …": RouterOS,
 * whose topics stand in front; behind the name or address that a relay put there. */
static bool take_routeros(struct reader *r, struct str text, struct event *e)
{
    struct str host = {0};
    bool is_one;

    if (!has_topics(text))
        host = str_cut(&text, ' ');
    if (!has_topics(text) || host.len > FRONT_BYTES)
        return false;
    is_one = str_starts(text, "firewall,")
                 ? routeros_understand(text, e)
                 : pattern_match(syslog_patterns(r), STR(MIKROTIK), text, e);
    if (is_one)
        event_put(e, FIELD_HOST_NAME, host);
    return is_one;
}

bool app_understand(struct reader *r, struct event *e, struct str text)
{
    struct pattern_set *patterns = syslog_patterns(r);
    bool is_behind_place = false;

    if (take_routeros(r, text, e))
        return true;

    for (int i = 0; text.len >= LEAST_BYTES; i++) {
        if (pattern_match(patterns, STR(OWN_LOG), text, e)) {
            put_request(e);
            return true;
        }
        if (i == FRONTS_MOST || !take_front(&text, &is_behind_place))
            return false;
    }
    return false;
}
