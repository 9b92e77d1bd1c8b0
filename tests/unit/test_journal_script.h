/* test_journal_script.h: journals told as lists of short sentences, for the tests of the keyring.
 *
 * A sentence is: who signs, what, and to whom or how; then what is expected of the line: nothing
 * (trusted), "!" (ERR_TAMPER), "^" (ERR_NEWER), "%" (ERR_LIMIT), "~" (merged and without power
 * here), "x" (revoked). A key is a letter; the record at seq n has the id n. A sentence that begins
 * with "=" says what must be true at that point. */
#pragma once
#include "test_journal_make.h"
#include "journal/keys.h"
#include "journal/note.h"
#include "journal/powers.h"

struct told {
    struct key by;
    char type[24];
};

struct scene {
    struct keyring *keyring;
    struct told told[256]; /* the lines that were taken */
    struct buf line;       /* the last one */
    struct entry entry;
    struct hash case_id;
    struct hash prev;
    uint64_t seq;
    int code; /* of the last line */
    enum key_trust trust;
    struct err err;
};

static inline UNUSED void scene_begin(struct scene *s)
{
    memset(s, 0, sizeof(*s));
    s->keyring = keyring_new();
}

static inline UNUSED void scene_end(struct scene *s)
{
    keyring_free(s->keyring);
    buf_release(&s->line);
}

static inline UNUSED const char *key_text(char out[65], char letter)
{
    struct pair p = pair_of((uint8_t)letter);

    hex_write(out, &p.key, 32);
    out[64] = '\0';
    return out;
}

/* Writes the next line, signed by that key, and takes it. public_text stands between the braces. */
static inline UNUSED void scene_say(struct scene *s, char by, const char *type, unsigned epoch,
                                    const char *public_text)
{
    CLEANUP_BUF struct buf head = {0};
    CLEANUP_BUF struct buf message = {0};
    CLEANUP_BUF struct buf statement = {0};
    struct pair signer = pair_of((uint8_t)by);
    char key[65], case_text[65], prev[65];
    struct sig sig;

    hex_write(case_text, &s->case_id, 32);
    hex_write(prev, &s->prev, 32);
    case_text[64] = prev[64] = '\0';
    buf_addf(&head,
             "{\"id\":\"%032llx\",\"case\":\"%s\",\"seen\":[%llu,\"%s\"],"
             "\"time\":\"2026-11-25T03:12:09.000000000Z\",\"boot\":\"%032x\",\"mono\":0,"
             "\"clock\":\"ntp\",\"by\":\"%s\",\"type\":\"%s\",\"tlp\":\"amber\","
             "\"scope\":\"team\",\"public\":{%s},\"fields\":{},\"refs\":[]",
             (unsigned long long)s->seq, case_text, (unsigned long long)s->seq, prev, 0,
             key_text(key, by), type, public_text);
    statement_signed_bytes(&message, buf_str(&head));
    sig = pair_sign(&signer, buf_str(&message));
    statement_finish(&statement, buf_str(&head), &sig);
    buf_clear(&s->line);
    assert_int_equal(entry_write(&s->line, &s->case_id, s->seq, &s->prev, epoch,
                                 (struct utc){1795576330, 0}, buf_str(&statement), &s->err),
                     0);
    if (entry_read(&s->entry, buf_str(&s->line), &s->err) != 0)
        fail_msg("%s: %s", s->err.text, buf_text(&s->line));
    s->code = keyring_add(s->keyring, &s->entry, &s->trust, &s->err);
    if (s->code < 0)
        return;
    assert_true(s->seq < COUNT_OF(s->told));
    s->told[s->seq].by = signer.key;
    snprintf(s->told[s->seq].type, sizeof(s->told[s->seq].type), "%s", type);
    s->prev = hash_leaf(buf_str(&s->line));
    if (s->seq == 0)
        s->case_id = s->prev;
    s->seq++;
}

/* The `public` of an enrol/1, with its proof. */
static inline UNUSED void scene_enrol_text(struct buf *out, const struct scene *s, char who,
                                           const char *power)
{
    CLEANUP_BUF struct buf message = {0};
    struct pair p = pair_of((uint8_t)who);
    struct sig proof;
    char key[65];

    buf_adds(&message, "cj/1 enrol\n");
    hex_add(&message, &s->case_id, 32);
    proof = pair_sign(&p, buf_str(&message));
    buf_addf(out, "\"key\":\"%s\",\"power\":\"%s\",\"proof\":", key_text(key, who), power);
    spell_hex(out, &proof, 64);
}

/* The `public` of a checkpoint/1 of that size, over a root of zeros. */
static inline UNUSED void scene_checkpoint_text(struct buf *out, const struct scene *s, char who,
                                                unsigned long long size)
{
    CLEANUP_BUF struct buf text = {0};
    struct checkpoint c = {.case_id = s->case_id, .size = size};
    struct pair p = pair_of((uint8_t)who);
    struct sig sig;
    char key[65];

    checkpoint_text(&text, &c);
    sig = pair_sign(&p, buf_str(&text));
    buf_addf(out, "\"key\":\"%s\",\"root\":\"%064x\",\"sig\":\"", key_text(key, who), 0);
    base64_add(out, &sig, 64);
    buf_addf(out, "\",\"size\":%llu", size);
}

/* "3,4" to ids, or "text,who" to names, in an array. */
static inline void scene_list(struct buf *out, const char *items, bool are_ids)
{
    struct str rest = str_of(items);

    buf_addc(out, '[');
    while (rest.len) {
        struct str item = str_cut(&rest, ',');
        uint64_t n = 0;

        if (are_ids && !str_u64(item, &n))
            fail_msg("%s is no list of records", items);
        if (are_ids)
            buf_addf(out, "\"%032llx\"", (unsigned long long)n);
        else
            buf_addf(out, "\"" STR_FMT "\"", STR_ARG(item));
        if (rest.len)
            buf_addc(out, ',');
    }
    buf_addc(out, ']');
}

struct sentence {
    char by;
    char verb[16];
    char first[24];
    char second[24];
    char third[24];
    char skip[64];
    char expected;
};

static inline struct sentence sentence_of(const char *text)
{
    struct sentence s = {0};
    char *const words[] = {s.first, s.second, s.third, s.skip};
    struct str rest = str_of(text);
    struct str word = str_cut(&rest, ' ');

    s.by = word.p[0];
    word = str_cut(&rest, ' ');
    memcpy(s.verb, word.p, word.len);
    for (size_t i = 0; rest.len; i++) {
        word = str_cut(&rest, ' ');
        if (word.len == 1 && strchr("!^%~x", word.p[0]))
            s.expected = word.p[0];
        else
            memcpy(words[i], word.p, word.len);
    }
    return s;
}

static inline void scene_write(struct scene *s, const struct sentence *w)
{
    CLEANUP_BUF struct buf text = {0};
    char type[24];
    char key[65], other[65];

    snprintf(type, sizeof(type), "%.16s/1", w->verb);
    if (strcmp(w->verb, "case") == 0) {
        buf_addf(&text,
                 "\"format\":\"cj/1\",\"key\":\"%s\",\"policy\":\"default\",\"recovery\":\"%s\"",
                 key_text(key, w->by), key_text(other, w->first[0]));
    } else if (strcmp(w->verb, "enrol") == 0) {
        scene_enrol_text(&text, s, w->first[0], w->second);
    } else if (strcmp(w->verb, "revoke") == 0) {
        buf_addf(&text, "\"from\":%s,\"key\":\"%s\"", w->second, key_text(key, w->first[0]));
    } else if (strcmp(w->verb, "hold") == 0) {
        buf_addf(&text, "\"state\":\"%s\"", w->first);
    } else if (strcmp(w->verb, "checkpoint") == 0) {
        scene_checkpoint_text(&text, s, w->first[0], strtoull(w->second, NULL, 10));
    } else if (strcmp(w->verb, "anchor") == 0) {
        buf_addf(&text,
                 "\"kind\":\"%s\",\"name\":\"\",\"root\":\"%064x\",\"size\":%s,\"token\":\"%s\"",
                 w->first, 0, w->second, w->third);
    } else if (strcmp(w->verb, "merge") == 0) {
        buf_addf(&text,
                 "\"count\":%s,\"fork\":%s,\"head\":\"%064x\",\"root\":\"%064x\",\"size\":%s,"
                 "\"skip\":[%s]",
                 w->third, w->first, 0, 0, w->second, w->skip);
    } else if (strcmp(w->verb, "redact-request") == 0) {
        buf_adds(&text, "\"names\":");
        scene_list(&text, w->second, false);
        buf_addf(&text, ",\"target\":\"%032llx\"", strtoull(w->first, NULL, 10));
    } else if (strcmp(w->verb, "redact-approve") == 0) {
        buf_addf(&text, "\"request\":\"%032llx\"", strtoull(w->first, NULL, 10));
    } else if (strcmp(w->verb, "redact") == 0) {
        buf_adds(&text, "\"approvals\":");
        scene_list(&text, w->first, true);
        buf_adds(&text, ",\"names\":");
        scene_list(&text, w->third, false);
        buf_addf(&text, ",\"target\":\"%032llx\"", strtoull(w->second, NULL, 10));
    }
    scene_say(s, w->by, type, 0, buf_text(&text));
}

/* By all that is known now, not at its place only. */
static inline bool scene_trusts(const struct scene *s, uint64_t seq)
{
    assert_true(seq < s->seq);
    return keyring_trusts(s->keyring, seq, &s->told[seq].by, str_of(s->told[seq].type));
}

/* "= M lead", "= M none"; "= M from 5", "= M stands": what revocations name; "= 7 trusted",
 * "= 7 fell": record 7, by all that is known now; "= hold", "= free", "= merged", "= own" */
static inline void scene_expect(const struct scene *s, const char *text)
{
    static const char *const powers[] = {"none", "log", "member", "lead"};
    char word[16] = "";
    char value[16] = "";
    unsigned long long from = 0;
    struct pair p;
    bool ok;

    if (sscanf(text, "= %15s %15s %llu", word, value, &from) < 1)
        fail_msg("%s says nothing", text);
    p = pair_of((uint8_t)word[0]);
    if (!value[0])
        ok = strcmp(word, keyring_legal_hold(s->keyring) ? "hold" : "free") == 0 ||
             strcmp(word, keyring_expects_merged(s->keyring) ? "merged" : "own") == 0;
    else if (strcmp(value, "trusted") == 0 || strcmp(value, "fell") == 0)
        ok = scene_trusts(s, strtoull(word, NULL, 10)) == (value[0] == 't');
    else if (strcmp(value, "from") == 0)
        ok = powers_revoked_from(s->keyring, &p.key) == from;
    else if (strcmp(value, "stands") == 0)
        ok = powers_revoked_from(s->keyring, &p.key) == UINT64_MAX;
    else
        ok = strcmp(value, powers[keyring_power(s->keyring, &p.key)]) == 0;
    if (!ok)
        fail_msg("it is not so that %s (before record %llu)", text, (unsigned long long)s->seq);
}

static inline void scene_hear(struct scene *s, const char *text)
{
    struct sentence w = sentence_of(text);
    int code = w.expected == '!'   ? ERR_TAMPER
               : w.expected == '^' ? ERR_NEWER
               : w.expected == '%' ? ERR_LIMIT
                                   : 0;
    enum key_trust trust = w.expected == '~'   ? TRUST_MERGED_NO
                           : w.expected == 'x' ? TRUST_REVOKED
                                               : TRUST_YES;

    scene_write(s, &w);
    if (s->code != code)
        fail_msg("record %llu, \"%s\": %s %s", (unsigned long long)s->seq, text, err_name(s->code),
                 s->code ? s->err.text : "taken");
    if (code == 0 && s->trust != trust)
        fail_msg("\"%s\" is trusted as %d", text, (int)s->trust);
}

/* Sentences up to the NULL. */
static inline UNUSED void scene_tell(struct scene *s, const char *const *sentences)
{
    for (size_t i = 0; sentences[i]; i++) {
        if (sentences[i][0] == '=')
            scene_expect(s, sentences[i]);
        else
            scene_hear(s, sentences[i]);
    }
}
#define TELL(s, ...) scene_tell(s, (const char *const[]){__VA_ARGS__, NULL})
