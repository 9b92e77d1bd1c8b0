/* fill.c: fills a case with COUNT records, as fast as they can be written, so that what a big one
 * costs can be timed: notes, or a mixture in which each tenth record is a system and each tenth a
 * problem. */
#include "practice/practice.h"
#include "sys/signer.h"

enum { AT_ONCE = 250 };

static void add_record(struct decision *d, unsigned long number, bool is_mixed)
{
    struct draft *dr;

    if (is_mixed && number % 10 == 0) {
        dr = decision_add(d, "system/1");
        draft_value(dr, "name", str_of(arena_printf(d->arena, "web%lu", number / 10)));
        draft_value(dr, "state", STR("suspected"));
        return;
    }
    if (is_mixed && number % 10 == 5) {
        dr = decision_add(d, "problem/1");
        draft_value(dr, "text", str_of(arena_printf(d->arena, "shop %lu is down", number / 10)));
        draft_value(dr, "impact", STR("high"));
        return;
    }
    draft_value(decision_add(d, "note/1"), "text",
                STR("fan of db1 is loud, red light on drive 3, seen by the night shift"));
}

static int add_records(struct session *s, unsigned long from, unsigned long to, bool is_mixed,
                       struct err *e)
{
    struct decision d;
    struct view v;
    uint64_t first;
    int rc = session_view(s, &v, e);

    if (rc)
        return rc;
    decision_begin(&d, &v, NULL, NULL);
    d.is_independent = true;
    for (unsigned long i = from; i < to; i++)
        add_record(&d, i, is_mixed);
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
    bool is_mixed;

    signer_main_if_asked(argc, argv);
    is_mixed = argc == 5 && strcmp(argv[4], "mixed") == 0;
    if (argc != 4 && !is_mixed)
        return fprintf(stderr, "usage: fill FOLDER KEYS COUNT [mixed]\n"), 2;
    options.key_folder = argv[2];
    total = strtoul(argv[3], NULL, 10);
    if (session_create(&s, argv[1], &n, &options, &e))
        return fprintf(stderr, "%s\n", e.text), 1;
    for (unsigned long done = 0; done < total; done += AT_ONCE)
        if (add_records(s, done, total - done < AT_ONCE ? total : done + AT_ONCE, is_mixed, &e))
            return fprintf(stderr, "%s\n", e.text), 1;
    session_close(s);
    return 0;
}
