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

/* The others lie beside calm; calm-verify below verify/ in a build folder. */
static const struct program {
    const char *name;
    const char *places[2]; /* from calm's folder */
    const char *put_as;
    const char *script; /* that runs it with the libraries; NULL: it is started otherwise */
    bool starts_alone;  /* it needs no library */
} programs[STICK_PROGRAM_COUNT] = {
    [STICK_CALM] = {.name = "calm", .places = {"calm"}, .put_as = "bin/calm", .script = "run-calm"},
    [STICK_VERIFIER] = {.name = "calm-verify",
                        .places = {"calm-verify", "verify/calm-verify"},
                        .put_as = "bin/calm-verify",
                        .script = "run-calm-verify"},
    [STICK_COLLECTOR] = {.name = "calm-collect",
                         .places = {"calm-collect", "../calm-collect"},
                         .put_as = "calm-collect",
                         .starts_alone = true},
    [STICK_HELPER] = {.name = "calm-contain",
                      .places = {"calm-contain"},
                      .put_as = "bin/calm-contain",
                      .starts_alone = true},
    [STICK_IMAGER] = {.name = "calm-image",
                      .places = {"calm-image"},
                      .put_as = "bin/calm-image",
                      .script = "run-calm-image"},
    [STICK_DISK_READER] = {.name = "calm-disk", .places = {"calm-disk"}, .put_as = "bin/calm-disk"},
};

static bool find_program(const struct program *p, const char *calm, struct buf *path)
{
    const char *slash = strrchr(calm, '/');

    for (size_t i = 0; slash && i < COUNT_OF(p->places) && p->places[i]; i++) {
        buf_clear(path);
        buf_addf(path, "%.*s/%s", (int)(slash - calm), calm, p->places[i]);
        if (access(buf_text(path), R_OK) == 0)
            return true;
    }
    return false;
}

static bool is_on_it(const struct stick *s, const char *name)
{
    CLEANUP_BUF struct buf line = {0};

    buf_addf(&line, "  %s\n", name);
    return memmem(s->sums.p, s->sums.len, line.p, line.len) != NULL;
}

static int keep_loader(void *context, const char *path, bool is_loader, struct err *e)
{
    struct buf *loader = context;

    (void)e;
    if (is_loader && !loader->len)
        buf_adds(loader, path);
    return 0;
}

/* "LIBRARY => PATH (ADDRESS)", a line for each, as the loader lists them. */
static int put_listed(struct stick *s, struct str lines, struct err *e)
{
    int rc = 0;

    while (lines.len && rc == 0) {
        struct str line = str_cut(&lines, '\n');
        const char *arrow = memmem(line.p, line.len, " => /", 5);
        CLEANUP_BUF struct buf path = {0};
        CLEANUP_BUF struct buf name = {0};
        struct str rest;

        if (!arrow)
            continue;
        rest = str_from(line, (size_t)(arrow - line.p) + 4);
        buf_addstr(&path, str_cut(&rest, ' '));
        buf_addf(&name, "lib/%s", strrchr(buf_text(&path), '/') + 1);
        if (!is_on_it(s, buf_text(&name)))
            rc = put_library(s, buf_text(&path), false, e);
    }
    return rc;
}

/* What another program needs beyond calm's own libraries. */
static int put_libraries_of(struct stick *s, const char *program, struct err *e)
{
    CLEANUP_BUF struct buf loader = {0};
    CLEANUP_BUF struct buf folder = {0};
    CLEANUP_PROC struct proc_capture listed = {0};
    const char *argv[SELF_PREFIX_MAX + 3];
    int argc = self_prefix(argv, &loader, &folder, e);
    int rc = argc < 0 ? argc : 0;

    if (argc == 0) {
        rc = self_libraries(keep_loader, &loader, e);
        argv[argc++] = buf_text(&loader);
    }
    if (rc || !loader.len) /* no loader: there are no shared libraries */
        return rc;
    argv[argc++] = "--list";
    argv[argc++] = program;
    argv[argc] = NULL;
    rc = proc_capture(argv, STR(""), NULL, &listed, e);
    return rc ? rc : put_listed(s, buf_str(&listed.out), e);
}

static int put_program(struct stick *s, enum stick_program which, const char *calm, struct err *e)
{
    const struct program *p = &programs[which];
    CLEANUP_BUF struct buf path = {0};
    int rc;

    if (!find_program(p, calm, &path)) {
        buf_addf(&s->remarks,
                 "%s is not beside this program and so not on the stick: install it, and do this "
                 "again\n",
                 p->name);
        return 0;
    }
    s->has[which] = true;
    rc = put_copy(s, p->put_as, buf_text(&path), e);
    return rc || p->starts_alone || which == STICK_CALM ? rc
                                                        : put_libraries_of(s, buf_text(&path), e);
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
static void try_program(struct stick *s, const struct program *p)
{
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_BUF struct buf said = {0};
    const char *started = p->script ? p->script : p->put_as;
    const char *as_script[] = {"/bin/sh", NULL, "--version", NULL};
    const char *as_program[] = {NULL, "--version", NULL};
    struct proc_result result = {0};

    buf_addf(&path, "%s/%s", s->folder, started);
    as_script[1] = as_program[0] = buf_text(&path);
    if (proc_run(p->script ? as_script : as_program, &result, &said, TRY_OUTPUT, TRY_S, NULL) ==
            0 &&
        result.exit_status == 0)
        return;
    buf_addf(&s->remarks, "%s does not start from this folder", started);
    if (said.len)
        buf_addf(&s->remarks, ": " STR_FMT, STR_ARG(str_trim(str_head(buf_str(&said), 200))));
    buf_adds(&s->remarks, "; a medium that forbids programs must be copied before use\n");
}

int stick_put_programs(struct stick *s, struct err *e)
{
    CLEANUP_BUF struct buf calm = {0};
    int rc = self_program(&calm, e);

    if (rc == 0)
        rc = self_libraries(put_library, s, e);
    for (int i = 0; rc == 0 && i < STICK_PROGRAM_COUNT; i++)
        rc = put_program(s, (enum stick_program)i, buf_text(&calm), e);
    for (int i = 0; rc == 0 && i < STICK_PROGRAM_COUNT; i++)
        if (s->has[i] && programs[i].script)
            rc = put_script(s, programs[i].script, programs[i].name, e);
    if (rc)
        return rc;
    s->has_programs = true;
    for (int i = 0; i < STICK_PROGRAM_COUNT && !s->remarks.len; i++)
        if (s->has[i] && (programs[i].script || programs[i].starts_alone))
            try_program(s, &programs[i]);
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
