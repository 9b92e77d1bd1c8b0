/* fuzz_verify.c: feeds hostile journals, openings, notes and time stamps to the verifier.
 *
 * An input holds four parts, each behind its length in three bytes, most significant first: a
 * journal, openings, a note, a token. What is missing is empty. Compiled with -fsanitize=fuzzer it
 * fuzzes; with FUZZ_REPLAY it runs the files named on its command line, as a test. */
#include "verify/options.h"
#include "verify/report.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Each part lies in a block of exactly its size, so that a sanitizer sees a read past its end. */
static struct slice next_part(const uint8_t **data, size_t *size)
{
    size_t len = 0;
    char *part = NULL;

    if (*size < 3)
        return (struct slice){mem_get(1, 1), 0};
    len = (size_t)(*data)[0] << 16 | (size_t)(*data)[1] << 8 | (*data)[2];
    *data += 3;
    *size -= 3;
    len = len < *size ? len : *size;
    part = mem_get(len, 1);
    memcpy(part, *data, len);
    *data += len;
    *size -= len;
    return (struct slice){part, len};
}

static void try_root_text(struct slice text)
{
    char *copy = strndup(text.p, text.len);
    uint8_t root[HASH_LEN];
    unsigned group = 0;

    if (copy != NULL)
        (void)root_read(copy, root, &group);
    free(copy);
}

static void report_everything(const struct verdict *v)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    if (out == NULL)
        return;
    report_plain(out, "file", v);
    report_json(out, "file", v);
    report_brief(out, "file", v);
    fclose(out);
    free(text);
}

/* A checker that finds trust where none was given would be worse than one that crashes. */
static void expect(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t witness[1][KEY_LEN] = {{0x3d, 0x40, 0x17, 0xc3}};
    struct stamp_trust *authorities = NULL;
    struct trust_given trust = {.witnesses = witness, .witness_count = 1};
    struct beside openings = {"openings", {"", 0}};
    struct beside note = {"note", {"", 0}};
    struct beside token = {"token", {"", 0}};
    struct verify_request request = {.trust = &trust, .threads = 1};
    struct verdict verdict;

    if (sodium_init() < 0)
        return 0;
    request.journal = next_part(&data, &size);
    openings.bytes = next_part(&data, &size);
    note.bytes = next_part(&data, &size);
    token.bytes = next_part(&data, &size);
    authorities = stamp_trust_new();
    trust.authorities = authorities;
    trust.notes = &note;
    trust.note_count = note.bytes.len > 0;
    trust.tokens = &token;
    trust.token_count = token.bytes.len > 0;
    request.openings = openings.bytes.len > 0 ? &openings : NULL;
    verify_journal(&request, &verdict);
    expect(verdict.status != STATUS_VERIFIED && verdict.anchored_size == 0);
    expect(verdict.judged == (verdict.status == STATUS_NOT_ANCHORED));
    report_everything(&verdict);
    try_root_text(note.bytes);
    stamp_trust_free(authorities);
    free((void *)(uintptr_t)request.journal.p);
    free((void *)(uintptr_t)openings.bytes.p);
    free((void *)(uintptr_t)note.bytes.p);
    free((void *)(uintptr_t)token.bytes.p);
    return 0;
}

#ifdef FUZZ_REPLAY

static int replay(const char *name)
{
    static uint8_t bytes[1 << 22];
    FILE *in = fopen(name, "rb");
    size_t len = 0;

    if (in == NULL) {
        perror(name);
        return 1;
    }
    len = fread(bytes, 1, sizeof bytes, in);
    fclose(in);
    return LLVMFuzzerTestOneInput(bytes, len);
}

int main(int argc, char **argv)
{
    int failed = argc < 2; /* a test without inputs tests nothing */

    for (int i = 1; i < argc; i++)
        failed |= replay(argv[i]);
    printf("%d inputs\n", argc - 1);
    return failed;
}

#endif
