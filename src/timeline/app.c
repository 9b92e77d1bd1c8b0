/* app.c: the sentence of a line in a log that names no program. */
#include "timeline/app.h"
#include "base/mem.h"
#include "timeline/level.h"
#include "timeline/syslog_programs.h"
#include "timeline/syslog_words.h"

enum {
    FRONTS_MOST = 5,   /* what stands in front of a sentence */
    FRONT_BYTES = 120, /* of each, */
    LEAST_BYTES = 16,  /* and of the sentence */
};

/* Tags of syslog under which such programs write there. */
static const struct str known[] = {
    STR_INIT("asterisk"),
    STR_INIT("freeswitch"),
    STR_INIT("lighttpd"),
    STR_INIT("mongod"),
    STR_INIT("roundcube"),
    STR_INIT("HORDE"),
    STR_INIT("horde"),
    STR_INIT("gitlab"),
    STR_INIT("gitea"),
    STR_INIT("forgejo"),
    STR_INIT("vaultwarden"),
    STR_INIT("Bitwarden-Identity"),
    STR_INIT("murmurd"),
    STR_INIT("mumble-server"),
    STR_INIT("znc"),
    STR_INIT("odoo"),
    STR_INIT("jellyfin"),
    STR_INIT("keycloak"),
    STR_INIT("authelia"),
    STR_INIT("endlessh"),
    STR_INIT("sonarr"),
    STR_INIT("radarr"),
    STR_INIT("prowlarr"),
    STR_INIT("Sonarr"),
    STR_INIT("Radarr"),
    STR_INIT("Prowlarr"),
    STR_INIT("mono"),
    STR_INIT("ejabberd"),
    STR_INIT("nsd"),
    STR_INIT("guacd"),
    STR_INIT("stunnel"),
    STR_INIT("hass"),
    STR_INIT("paperless"),
    STR_INIT("immich"),
    STR_INIT("qbittorrent-nox"),
    STR_INIT("navidrome"),
    STR_INIT("grafana"),
};

bool app_is_known(struct str name)
{
    for (size_t i = 0; i < COUNT_OF(known); i++)
        if (known[i].len == name.len && memcmp(known[i].p, name.p, name.len) == 0)
            return true;
    return false;
}

static bool is_letter(char c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

/* "mod_auth.c.525", "sofia_reg.c:1478", "res_pjsip/pjsip_distributor.c", "auth.go:200:SignIn()" */
static bool is_place(struct str word)
{
    static const char *const ends[] = {".c", ".go"};

    for (size_t i = 0; i < COUNT_OF(ends); i++) {
        size_t len = strlen(ends[i]);
        const char *found = memmem(word.p, word.len, ends[i], len);
        const char *behind = found ? found + len : NULL;

        if (found && found > word.p &&
            (behind == word.p + word.len || *behind == ':' || *behind == '.'))
            return true;
    }
    return false;
}

/* A level, also in three letters as Serilog has it or in one, or a number: nobody's name. */
static bool is_level_or_number(struct str word)
{
    static const char *const serilog[] = {"VRB", "DBG", "INF", "WRN", "ERR", "FTL"};
    size_t letters = 0;

    word = str_trim(word);
    for (size_t i = 0; i < word.len; i++)
        letters += is_letter(word.p[i]);
    for (size_t i = 0; i < COUNT_OF(serilog); i++)
        if (str_is(word, serilog[i]))
            return true;
    return letters == 0 || (word.len == 1 && word.p[0] <= 'Z') || level_is_plain(word) ||
           str_is(word, "SECURITY") || (letters < word.len && str_starts(word, "C-"));
}

/* "[INFO]", "[1638]", "(mod_auth.c.525)": no name of somebody who writes is in them. */
static bool take_group(struct str *text, bool *is_behind_place)
{
    struct str at = *text, within;
    char open = at.p[0];

    if (open != '[' && open != '(')
        return false;
    at = str_from(at, 1);
    at.len = at.len < FRONT_BYTES ? at.len : FRONT_BYTES;
    within = str_cut(&at, open == '[' ? ']' : ')');
    *is_behind_place = is_place(within);
    if (within.p + within.len == text->p + text->len ||
        (!*is_behind_place && !is_level_or_number(within)))
        return false;
    *text = str_from(*text, within.len + 2);
    return true;
}

/* "NOTICE", "INFO:", "chan_sip.c:", and behind such a place the function ("in handle_request: ").
 */
static bool take_word(struct str *text, bool *is_behind_place)
{
    struct str at = *text, word;
    size_t n = 0;

    if (*is_behind_place)
        (void)str_take(&at, "in ");
    while (n < at.len && n < FRONT_BYTES && !strchr(" \t[(<{|,;=\"'", at.p[n]))
        n++;
    if (n == 0 || n == FRONT_BYTES || n == at.len || strchr("=\"'", at.p[n]))
        return false;
    word = str_head(at, str_ends(str_head(at, n), ":") ? n - 1 : n);
    if (*is_behind_place && word.len < n) {
        *is_behind_place = false;
    } else {
        *is_behind_place = is_place(word);
        if (!*is_behind_place && !is_level_or_number(word))
            return false;
    }
    *text = str_from(at, n);
    return true;
}

/* One of the things in front of a sentence, and what parts it from the next. */
static bool take_front(struct str *text, bool *is_behind_place)
{
    struct str at = *text;

    if (!take_group(&at, is_behind_place) && !take_word(&at, is_behind_place))
        return false;
    while (at.len && strchr(" \t|,;:-", at.p[0]))
        at = str_from(at, 1);
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

/* Somewhere "3.4.5", or "::" and what has as many colons as an address of IPv6. */
static bool has_address(struct str text)
{
    size_t colons = 0;

    for (const char *p = text.p, *end = text.p + text.len; (p = memchr(p, '.', (size_t)(end - p)));
         p++)
        if (p > text.p && end - p > 3 && char_is_digit(p[-1]) && char_is_digit(p[1]) &&
            (p[2] == '.' || p[3] == '.' || (end - p > 4 && p[4] == '.')))
            return true;
    for (size_t i = 0; i < text.len; i++)
        colons += text.p[i] == ':';
    return colons >= 6 || memmem(text.p, text.len, "::", 2);
}

static bool is_host(struct str word)
{
    for (size_t i = 0; i < word.len; i++)
        if (!is_letter(word.p[i]) && !char_is_digit(word.p[i]) && !strchr("-._", word.p[i]))
            return false;
    return word.len > 0 && word.len < FRONT_BYTES;
}

static bool has_topics(struct str text)
{
    struct str topics = str_cut(&text, ' ');
    const char *comma = memchr(topics.p, ',', topics.len);

    return comma && comma + 1 < topics.p + topics.len && is_letter(topics.p[0]) &&
           is_letter(comma[1]) && text.len;
}

bool app_understand_routeros(struct reader *r, struct event *e, struct str text)
{
    struct str host = str_cut(&text, ' ');
    bool is_one;

    if (!is_host(host) || !has_topics(text))
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
    bool is_behind_place = false, may_be_from = has_address(text);

    for (int i = 0; text.len >= LEAST_BYTES; i++) {
        if (pattern_match(patterns, STR(OWN_LOG), text, e) ||
            (may_be_from && pattern_match(patterns, STR(OWN_LOG_FROM), text, e))) {
            put_request(e);
            return true;
        }
        if (i == FRONTS_MOST || !take_front(&text, &is_behind_place))
            return false;
    }
    return false;
}
