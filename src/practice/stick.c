/* stick.c: writes programs, libraries, playbooks and pages onto a stick, with a list of hashes, and
 * checks that list again. */
#include "practice/stick.h"
#include <sodium.h>
#include <unistd.h>
#include "base/hash.h"
#include "base/sink.h"
#include "practice/bundle_key.h"
#include "practice/playbook.h"
#include "practice/texts.h"
#include "render/screen.h"
#include "sys/file.h"
#include "sys/proc.h"
#include "sys/self.h"
#include "sys/signer.h"

enum {
    PROGRAM_MOST = 256 << 20,
    SUMS_MOST = 1 << 20,
    PAGE_COLUMNS = 78,
    TRY_S = 20,
    TRY_OUTPUT = 4096,
    RECIPIENT_MOST = 4096,
};

void stick_release(struct stick *s)
{
    buf_release(&s->sums);
    buf_release(&s->remarks);
    buf_release(&s->recipient);
}

static int make_folder_of(const char *path, struct err *e)
{
    CLEANUP_FREE char *folder = mem_strdup(path);
    char *slash = strrchr(folder, '/');

    if (!slash)
        return 0;
    *slash = '\0';
    return folder_make(folder, 0755, e);
}

int stick_put(struct stick *s, const char *name, struct str bytes, unsigned mode, struct err *e)
{
    CLEANUP_BUF struct buf path = {0};
    struct hash hash = hash_bytes(bytes.p, bytes.len);
    int rc;

    buf_addf(&path, "%s/%s", s->folder, name);
    rc = make_folder_of(buf_text(&path), e);
    if (rc == 0)
        rc = file_write(buf_text(&path), bytes, mode, e);
    if (rc)
        return rc;
    hex_add(&s->sums, hash.b, sizeof(hash.b));
    buf_addf(&s->sums, "  %s\n", name);
    s->file_count++;
    s->size += bytes.len;
    return 0;
}

static int put_copy(struct stick *s, const char *name, const char *from, struct err *e)
{
    CLEANUP_BUF struct buf bytes = {0};
    int rc = file_read(&bytes, from, PROGRAM_MOST, e);

    return rc ? rc : stick_put(s, name, buf_str(&bytes), 0755, e);
}

static int put_library(void *context, const char *path, bool is_loader, struct err *e)
{
    struct stick *s = context;
    CLEANUP_BUF struct buf name = {0};

    buf_addf(&name, "lib/%s", is_loader ? "loader" : strrchr(path, '/') + 1);
    if (!is_loader)
        s->library_count++;
    return put_copy(s, buf_text(&name), path, e);
}

/* The others lie beside this program; calm-verify below verify/ in a build folder. */
static const struct beside {
    const char *name;
    const char *places[2];
    const char *put_as;
} verifier = {"calm-verify", {"calm-verify", "verify/calm-verify"}, "bin/calm-verify"},
  collector = {"calm-collect", {"calm-collect", "../calm-collect"}, "calm-collect"},
  helper = {"calm-contain", {"calm-contain"}, "bin/calm-contain"};

static int put_beside(struct stick *s, const struct beside *b, const char *program, bool *is_there,
                      struct err *e)
{
    const char *slash = strrchr(program, '/');

    *is_there = false;
    for (size_t i = 0; slash && i < COUNT_OF(b->places) && b->places[i]; i++) {
        CLEANUP_BUF struct buf path = {0};

        buf_addf(&path, "%.*s/%s", (int)(slash - program), program, b->places[i]);
        if (access(buf_text(&path), R_OK) != 0)
            continue;
        *is_there = true;
        return put_copy(s, b->put_as, buf_text(&path), e);
    }
    buf_addf(&s->remarks,
             "%s is not beside this program and so not on the stick: install it, and do this "
             "again\n",
             b->name);
    return 0;
}

static int put_script(struct stick *s, const char *script, const char *program, struct err *e)
{
    CLEANUP_BUF struct buf text = {0};

    buf_addf(&text,
             "#!/bin/sh\n"
             "# Runs %s from this stick, with the libraries that it was written with.\n"
             "here=$(cd \"$(dirname \"$0\")\" && pwd) || exit 1\n",
             program);
    buf_addf(&text,
             s->library_count ? "exec \"$here/lib/loader\" --library-path \"$here/lib\" "
                                "\"$here/bin/%s\" \"$@\"\n"
                              : "exec \"$here/bin/%s\" \"$@\"\n",
             program);
    return stick_put(s, script, buf_str(&text), 0755, e);
}

/* A program that does not start from the stick is found out today. */
static void try_program(struct stick *s, const char *script)
{
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_BUF struct buf said = {0};
    const char *as_script[] = {"/bin/sh", NULL, "--version", NULL};
    const char *as_program[] = {NULL, "--version", NULL};
    bool is_program = strcmp(script, collector.put_as) == 0 || strcmp(script, helper.put_as) == 0;
    struct proc_result result = {0};

    buf_addf(&path, "%s/%s", s->folder, script);
    as_script[1] = as_program[0] = buf_text(&path);
    if (proc_run(is_program ? as_program : as_script, &result, &said, TRY_OUTPUT, TRY_S, NULL) ==
            0 &&
        result.exit_status == 0)
        return;
    buf_addf(&s->remarks, "%s does not start from this folder", script);
    if (said.len)
        buf_addf(&s->remarks, ": " STR_FMT, STR_ARG(str_trim(str_head(buf_str(&said), 200))));
    buf_adds(&s->remarks, "; a medium that forbids programs must be copied before use\n");
}

int stick_put_programs(struct stick *s, struct err *e)
{
    CLEANUP_BUF struct buf program = {0};
    bool has_verifier;
    int rc = self_program(&program, e);

    if (rc == 0)
        rc = put_copy(s, "bin/calm", buf_text(&program), e);
    if (rc == 0)
        rc = put_beside(s, &verifier, buf_text(&program), &has_verifier, e);
    if (rc == 0)
        rc = put_beside(s, &collector, buf_text(&program), &s->has_collector, e);
    if (rc == 0)
        rc = put_beside(s, &helper, buf_text(&program), &s->has_helper, e);
    if (rc == 0)
        rc = self_libraries(put_library, s, e);
    if (rc == 0)
        rc = put_script(s, "run-calm", "calm", e);
    if (rc == 0)
        rc = put_script(s, "run-calm-verify", "calm-verify", e);
    if (rc)
        return rc;
    s->has_programs = true;
    try_program(s, "run-calm");
    if (!s->remarks.len)
        try_program(s, "run-calm-verify");
    if (!s->remarks.len && s->has_collector)
        try_program(s, collector.put_as);
    if (!s->remarks.len && s->has_helper)
        try_program(s, helper.put_as);
    return 0;
}

/* This person's key is the one they sign with: the first there is. Who has none is given one now: a
 * stick that seals to nobody is found out at the affected machine, at night. */
static int own_key(struct stick *s, const char *key_folder, const char *person,
                   struct signer_key *out, struct err *e)
{
    CLEANUP(signer_stopp) struct signer *signer = NULL;
    CLEANUP_FREE struct signer_key *keys = NULL;
    size_t count = 0;
    int rc = signer_start(&signer, key_folder, e);

    if (rc == 0)
        rc = signer_list(signer, &keys, &count, e);
    if (rc)
        return rc;
    if (count) {
        *out = keys[0];
        return 0;
    }
    *out = (struct signer_key){.is_sealed = false};
    snprintf(out->label, sizeof(out->label), "%s", person);
    rc = signer_create(signer, out->label, &out->key, e);
    s->makes_key = rc == 0;
    return rc;
}

static int own_recipient(struct stick *s, const char *key_folder, const char *person,
                         struct buf *out, struct err *e)
{
    CLEANUP_BUF struct buf whom = {0};
    struct signer_key own;
    uint8_t key[crypto_box_PUBLICKEYBYTES];
    int rc = own_key(s, key_folder, person, &own, e);

    if (rc)
        return rc;
    if (crypto_sign_ed25519_pk_to_curve25519(key, own.key.b) != 0)
        return err_set(e, ERR_FORMAT, "your key is unsound");
    buf_adds(&whom, "one person: ");
    sink_terminal(&whom, str_of(own.label), false);
    bundle_recipient_text(out, key, buf_str(&whom));
    return 0;
}

static void note_recipient(struct stick *s, struct str text)
{
    while (text.len) {
        struct str line = str_cut(&text, '\n');

        if (str_starts(line, "for "))
            buf_addstr(&s->recipient, str_from(line, 4));
        if (str_starts(line, "check ") && line.len == 10)
            memcpy(s->recipient_check, line.p + 6, 4);
    }
}

static void remark_unsealed(struct stick *s, const struct err *why)
{
    buf_adds(&s->remarks, "recipient.txt is not on the stick, so calm-collect cannot seal: ");
    sink_terminal(&s->remarks, str_of(why->text), false);
    buf_addc(&s->remarks, '\n');
}

int stick_put_recipient(struct stick *s, const char *key_folder, const char *person, struct err *e)
{
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_BUF struct buf text = {0};
    struct err why = {0};
    int rc = 0;

    buf_addf(&path, "%s/recipient.txt", s->folder);
    if (file_is_there(buf_text(&path)))
        rc = file_read(&text, buf_text(&path), RECIPIENT_MOST, e);
    else if (!key_folder)
        rc = err_set(&why, ERR_NOTFOUND, "there is no folder for keys");
    else
        rc = own_recipient(s, key_folder, person, &text, &why);
    if (rc && why.code) {
        remark_unsealed(s, &why);
        return 0;
    }
    if (rc)
        return rc;
    note_recipient(s, buf_str(&text));
    return stick_put(s, "recipient.txt", buf_str(&text), 0644, e);
}

static int put_playbook(struct stick *s, struct str name, struct str json, struct err *e)
{
    CLEANUP(playbook_freep) struct playbook *p = NULL;
    CLEANUP_BUF struct buf page = {0};
    CLEANUP_BUF struct buf file = {0};
    struct screen screen = {.out = &page, .columns = PAGE_COLUMNS};
    int rc = playbook_shipped(&p, name, e);

    if (rc)
        return rc;
    playbook_show(p, NULL, NULL, &screen);
    buf_addf(&file, "playbooks/" STR_FMT ".txt", STR_ARG(name));
    rc = stick_put(s, buf_text(&file), buf_str(&page), 0644, e);
    buf_clear(&file);
    buf_addf(&file, "playbooks/" STR_FMT ".json", STR_ARG(name));
    return rc ? rc : stick_put(s, buf_text(&file), json, 0644, e);
}

static int put_help(struct stick *s, struct str name, struct err *e)
{
    CLEANUP_BUF struct buf file = {0};
    CLEANUP_BUF struct buf path = {0};

    buf_addf(&file, STR_FMT ".txt", STR_ARG(name));
    buf_addf(&path, "help/%s", buf_text(&file));
    return stick_put(s, buf_text(&path), texts_help(buf_text(&file)), 0644, e);
}

/* The glossary's rows: a term and its sentence. */
static const unsigned char glossary_text_counts[] = {2};

static int glossary_job(int in, struct str argument, struct worker_channel *channel, struct err *e)
{
    CLEANUP_IMPORT_JSON json_t *terms = NULL;
    struct import_sink sink = import_channel(channel);
    int rc = import_json(&terms, in, e);
    const char *term;
    json_t *sentence;

    (void)argument;
    json_object_foreach(terms, term, sentence)
    {
        struct str texts[] = {str_of(term), str_of(json_string_value(sentence))};

        rc = import_put(&sink, 0, texts, COUNT_OF(texts), e);
        if (rc)
            break;
    }
    return rc;
}

static int take_term(void *context, uint32_t kind, const struct str *texts, struct err *e)
{
    (void)kind;
    (void)e;
    screen_pair(context, 0, 20, texts[0], texts[1]);
    return 0;
}

static int put_glossary(struct stick *s, struct err *e)
{
    CLEANUP_BUF struct buf page = {0};
    CLEANUP_FD int fd = -1;
    struct screen screen = {.out = &page, .columns = PAGE_COLUMNS};
    struct import_reader reader = {.job = glossary_job,
                                   .text_counts = glossary_text_counts,
                                   .kind_count = 1,
                                   .row = take_term,
                                   .context = &screen};
    int rc = import_memory(&fd, texts_data("glossary.json"), e);

    if (rc == 0)
        rc = import_run(&reader, "reading the glossary", fd, STR(""), e);
    return rc ? rc : stick_put(s, "glossary.txt", buf_str(&page), 0644, e);
}

int stick_put_texts(struct stick *s, struct err *e)
{
    static const char *const sheets[] = {"log-sheet.txt", "calls-sheet.txt", "evidence-sheet.txt"};
    struct str name;
    struct str json;
    int rc = put_glossary(s, e);

    for (size_t i = 0; rc == 0 && texts_playbook(i, &name, &json); i++)
        rc = put_playbook(s, name, json, e);
    for (size_t i = 0; rc == 0 && texts_help_name(i, &name); i++)
        rc = put_help(s, name, e);
    for (size_t i = 0; rc == 0 && i < COUNT_OF(sheets); i++) {
        CLEANUP_BUF struct buf path = {0};

        buf_addf(&path, "sheets/%s", sheets[i]);
        rc = stick_put(s, buf_text(&path), texts_data(sheets[i]), 0644, e);
    }
    return rc;
}

int stick_put_sums(struct stick *s, struct err *e)
{
    CLEANUP_BUF struct buf path = {0};

    buf_addf(&path, "%s/SHA256SUMS", s->folder);
    return file_write(buf_text(&path), buf_str(&s->sums), 0644, e);
}

/* Names on a list that somebody may have altered stay within the stick. */
static bool is_safe_name(struct str name)
{
    if (!name.len || name.p[0] == '/' || name.len > 200 || memchr(name.p, 0, name.len))
        return false;
    while (name.len) {
        struct str part = str_cut(&name, '/');

        if (!part.len || str_is(part, ".") || str_is(part, ".."))
            return false;
    }
    return true;
}

static bool has_hash(const char *folder, struct str name, const struct hash *wanted)
{
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_BUF struct buf bytes = {0};
    struct hash found;

    buf_addf(&path, "%s/" STR_FMT, folder, STR_ARG(name));
    if (file_read(&bytes, buf_text(&path), PROGRAM_MOST, NULL) != 0)
        return false;
    found = hash_bytes(bytes.p, bytes.len);
    return hash_eq(&found, wanted);
}

int stick_check(const char *folder, struct buf *faults, size_t *count, struct err *e)
{
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_BUF struct buf sums = {0};
    struct str rest;
    int rc;

    buf_addf(&path, "%s/SHA256SUMS", folder);
    rc = file_read(&sums, buf_text(&path), SUMS_MOST, e);
    if (rc)
        return rc;
    *count = 0;
    for (rest = buf_str(&sums); rest.len; (*count)++) {
        struct str line = str_cut(&rest, '\n');
        struct str name = str_from(line, 66);
        struct hash wanted;

        if (!hex_read(wanted.b, sizeof(wanted.b), str_head(line, 64)) || !is_safe_name(name)) {
            buf_addf(faults, "line %zu of SHA256SUMS is no hash and name\n", *count + 1);
        } else if (!has_hash(folder, name, &wanted)) {
            buf_addstr(faults, name);
            buf_adds(faults, " is not there, or not as it was written\n");
        }
    }
    return 0;
}
