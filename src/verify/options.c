/* options.c: reads the command line and the root that a person typed from paper. */
#include "verify/options.h"

#include "verify/hash.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define GROUPS 8
#define BLANKS " \t\r\n"
#define GROUP_LEN 11 /* eight digits, a hyphen, two check digits */

/* Takes one option, with what follows it. Returns 0, or -1 with fault. */
typedef int option_read(struct options *o, const char *text, char *fault, size_t room);

struct option {
    const char *name;
    bool has_value;
    option_read *read;
};

static void add_text(struct texts *t, const char *text)
{
    mem_reserve(&t->items, &t->room, t->count + 1, sizeof *t->items);
    t->items[t->count++] = text;
}

/* One printed group; eight digits go to digits. */
static bool group_fits(const char *text, unsigned number, char *digits)
{
    char checked[10 + 1 + 1 + 8] = "cj/1 page\n";
    uint8_t hash[HASH_LEN];
    uint8_t check = 0;

    checked[10] = (char)('0' + number);
    checked[11] = ':';
    memcpy(checked + 12, text, 8);
    (void)crypto_hash_sha256(hash, (const uint8_t *)checked, sizeof checked);
    memcpy(digits, text, 8);
    return hex_decode((struct slice){text + 9, 2}, &check, 1) && check == hash[0];
}

/* As it is copied from paper, or pasted from a page that breaks it: blanks and line ends do not
 * count, nor do capitals. Returns false where more is left than a root is. */
static bool squeeze(const char *text, char *out, size_t room)
{
    size_t len = 0;

    for (; *text != '\0'; text++) {
        if (strchr(BLANKS, *text) != NULL)
            continue;
        if (len + 1 == room)
            return false;
        out[len++] = *text >= 'A' && *text <= 'F' ? (char)(*text - 'A' + 'a') : *text;
    }
    out[len] = '\0';
    return true;
}

bool root_read(const char *text, uint8_t out[HASH_LEN], unsigned *group)
{
    char squeezed[GROUPS * GROUP_LEN + 1];
    char digits[2 * HASH_LEN];

    *group = 0;
    if (!squeeze(text, squeezed, sizeof squeezed))
        return false;
    if (hex_decode((struct slice){squeezed, strlen(squeezed)}, out, HASH_LEN))
        return true;
    text = squeezed;
    for (unsigned i = 0; i < GROUPS; i++) {
        if (strlen(text) < GROUP_LEN || text[8] != '-')
            return false;
        if (!group_fits(text, i + 1, digits + (size_t)i * 8)) {
            *group = i + 1;
            return false;
        }
        text += GROUP_LEN;
    }
    return hex_decode((struct slice){digits, sizeof digits}, out, HASH_LEN);
}

static int read_root_option(struct options *o, const char *text, char *fault, size_t room)
{
    const char *colon = strchr(text, ':');
    struct cursor c = {text + strspn(text, BLANKS), colon != NULL ? colon : text};
    unsigned group = 0;

    if (o->has_root || colon == NULL || !take_integer(&c, &o->root_size) ||
        c.at + strspn(c.at, BLANKS) != colon || o->root_size == 0) {
        (void)snprintf(fault, room, "--root is given once, as SIZE:ROOT");
        return -1;
    }
    o->has_root = true;
    if (root_read(colon + 1, o->root, &group))
        return 0;
    if (group != 0)
        (void)snprintf(fault, room,
                       "group %u of the root is not as printed: its check digits do not fit",
                       group);
    else
        (void)snprintf(fault, room, "the root is neither 64 digits of hex nor its eight groups");
    return -1;
}

static int read_witness(struct options *o, const char *text, char *fault, size_t room)
{
    mem_reserve(&o->witnesses, &o->witness_room, o->witness_count + 1, KEY_LEN);
    if (!hex_decode((struct slice){text, strlen(text)}, o->witnesses[o->witness_count], KEY_LEN)) {
        (void)snprintf(fault, room, "a witness's key is 64 digits of lower-case hex");
        return -1;
    }
    o->witness_count++;
    return 0;
}

static int read_openings(struct options *o, const char *text, char *fault, size_t room)
{
    if (o->openings != NULL) {
        (void)snprintf(fault, room, "--openings is given once");
        return -1;
    }
    o->openings = text;
    return 0;
}

static int read_brief(struct options *o, const char *text, char *fault, size_t room)
{
    (void)text;
    if (o->brief) {
        (void)snprintf(fault, room, "--brief is given once");
        return -1;
    }
    o->brief = true;
    return 0;
}

static int read_json(struct options *o, const char *text, char *fault, size_t room)
{
    (void)text;
    (void)fault;
    (void)room;
    o->json = true;
    return 0;
}

static int read_tsa(struct options *o, const char *text, char *fault, size_t room)
{
    (void)fault;
    (void)room;
    add_text(&o->authorities, text);
    return 0;
}

static int read_note(struct options *o, const char *text, char *fault, size_t room)
{
    (void)fault;
    (void)room;
    add_text(&o->notes, text);
    return 0;
}

static int read_token(struct options *o, const char *text, char *fault, size_t room)
{
    (void)fault;
    (void)room;
    add_text(&o->tokens, text);
    return 0;
}

static int read_help(struct options *o, const char *text, char *fault, size_t room)
{
    (void)text;
    (void)fault;
    (void)room;
    o->run = RUN_HELP;
    return 0;
}

static int read_version(struct options *o, const char *text, char *fault, size_t room)
{
    (void)text;
    (void)fault;
    (void)room;
    o->run = RUN_VERSION;
    return 0;
}

static const struct option options[] = {
    {"--brief", false, read_brief},      {"--json", false, read_json},
    {"--openings", true, read_openings}, {"--root", true, read_root_option},
    {"--witness", true, read_witness},   {"--tsa", true, read_tsa},
    {"--note", true, read_note},         {"--token", true, read_token},
    {"--help", false, read_help},        {"--version", false, read_version},
};

static const struct option *find_option(const char *name)
{
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        if (strcmp(name, options[i].name) == 0)
            return &options[i];
    return NULL;
}

/* Options stand before the files. *next gets the index of the first argument that is none. */
static int read_options(struct options *o, int argc, char **argv, int *next, char *fault,
                        size_t room)
{
    int i = 1;

    while (i < argc && argv[i][0] == '-') {
        const struct option *option = find_option(argv[i]);

        if (option == NULL) {
            (void)snprintf(fault, room, "%s is not an option", argv[i]);
            return -1;
        }
        if (option->has_value && i + 1 == argc) {
            (void)snprintf(fault, room, "nothing follows %s", argv[i]);
            return -1;
        }
        if (option->read(o, option->has_value ? argv[i + 1] : NULL, fault, room) != 0)
            return -1;
        i += option->has_value ? 2 : 1;
    }
    *next = i;
    return 0;
}

int options_read(struct options *o, int argc, char **argv, char *fault, size_t room)
{
    int next = 0;

    memset(o, 0, sizeof *o);
    if (read_options(o, argc, argv, &next, fault, room) != 0)
        return -1;
    while (next < argc)
        add_text(&o->journals, argv[next++]);
    if (o->run != RUN_VERIFY)
        return 0;
    if (o->journals.count == 0) {
        (void)snprintf(fault, room, "no journal is named");
        return -1;
    }
    if (o->openings != NULL && o->journals.count > 1) {
        (void)snprintf(fault, room, "--openings goes with a single journal");
        return -1;
    }
    if (o->brief && o->json) {
        (void)snprintf(fault, room, "--brief and --json do not go together");
        return -1;
    }
    return 0;
}

void options_release(struct options *o)
{
    free(o->witnesses);
    free(o->authorities.items);
    free(o->notes.items);
    free(o->tokens.items);
    free(o->journals.items);
}

void options_help(FILE *out)
{
    fputs("usage: calm-verify [--brief | --json] [--openings FILE.cjo] [--root SIZE:ROOT]\n"
          "           [--witness KEY] [--tsa CERT.pem] [--note FILE.note] [--token FILE.tsr]\n"
          "           FILE.cj1...\n"
          "\n"
          "Checks journals of calm, and says whether they are what was written.\n"
          "\n"
          "Trust from outside the case; without it, no journal is more than valid:\n"
          "  --root SIZE:ROOT     a root as printed on paper, in its groups or in hex\n"
          "  --witness KEY        the public key of a witness, in hex\n"
          "  --tsa CERT.pem       the certificate of a time-stamp authority or of its issuer\n"
          "\n"
          "Files beside the journal:\n"
          "  --openings FILE.cjo  the values that the journal commits to\n"
          "  --note FILE.note     a checkpoint with signatures of witnesses\n"
          "  --token FILE.tsr     a time stamp over a checkpoint\n"
          "\n"
          "Output:\n"
          "  --brief              one line a journal: the status and the name\n"
          "  --json               one JSON object a journal, each on a line\n"
          "\n"
          "Status: 0 verified, 1 tampered, 2 valid but not anchored, 3 malformed,\n"
          "4 could not check. Of several journals, the worst in the order 0, 2, 4, 3, 1.\n",
          out);
}
