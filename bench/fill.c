/* fill.c: fills a case with COUNT notes, as fast as they can be written, so that opening a big one
 * can be timed. */
#include "practice/practice.h"
#include "sys/signer.h"

enum { AT_ONCE = 250 };

static int add_notes(struct session *s, unsigned count, struct err *e)
{
    struct decision d;
    struct view v;
    uint64_t first;
    int rc = session_view(s, &v, e);

    if (rc)
        return rc;
    decision_begin(&d, &v, NULL, NULL);
    d.is_independent = true;
    for (unsigned i = 0; i < count; i++)
        draft_value(decision_add(&d, "note/1"), "text",
                    STR("fan of db1 is loud, red light on drive 3, seen by the night shift"));
    rc = session_append(s, &d, &first, e);
    decision_release(&d);
    return rc;
}

int main(int argc, char **argv)
{
    struct session_options options = {.model = practice_model()};
    struct session_new n = {.name = "bench", .person = "bench"};
    struct session *s = NULL;
    struct err e = {0};
    unsigned long total;

    signer_main_if_asked(argc, argv);
    if (argc != 4)
        return fprintf(stderr, "usage: fill FOLDER KEYS COUNT\n"), 2;
    options.key_folder = argv[2];
    total = strtoul(argv[3], NULL, 10);
    if (session_create(&s, argv[1], &n, &options, &e))
        return fprintf(stderr, "%s\n", e.text), 1;
    for (unsigned long done = 0; done < total; done += AT_ONCE)
        if (add_notes(s, total - done < AT_ONCE ? (unsigned)(total - done) : AT_ONCE, &e))
            return fprintf(stderr, "%s\n", e.text), 1;
    session_close(s);
    return 0;
}
