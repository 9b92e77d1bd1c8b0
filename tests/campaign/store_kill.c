/* store_kill.c: kills, power cuts and failing disks at random operations of appends large enough to
 * move the log into the database many times; stops at the first lost record.
 *
 * store_kill SEED COUNT: round r of a run with seed s is the round 0 of a run with seed s + r. */
#include "store_fault.h"

enum { LARGE_SIZE = 60000, MOST_APPENDS = 400 };

/* What record seq holds. */
static size_t openings_size(uint64_t seq)
{
    return seq * 7919 % 5 == 0 ? LARGE_SIZE : seq * 31 % 900;
}

static int append_some(struct store *s, uint64_t first, size_t count, struct err *e)
{
    struct store_record records[8];
    static char openings[8][LARGE_SIZE];
    static char lines[8][64];

    for (size_t i = 0; i < count; i++) {
        size_t size = openings_size(first + i);
        int length = snprintf(lines[i], sizeof(lines[i]), "{\"record\":%llu}",
                              (unsigned long long)(first + i));

        fill_random(openings[i], size, first + i);
        records[i].line = (struct str){lines[i], (size_t)length};
        records[i].openings = (struct str){openings[i], size};
    }
    return store_append(s, first, records, count, e);
}

static int check_some(void *context, uint64_t seq, struct str line, struct str openings,
                      struct err *e)
{
    static char expected[LARGE_SIZE];
    char text[64];

    snprintf(text, sizeof(text), "{\"record\":%llu}", (unsigned long long)seq);
    fill_random(expected, openings_size(seq), seq);
    if (!str_is(line, text) || !str_eq(openings, (struct str){expected, openings_size(seq)}))
        return err_set(e, ERR_TAMPER, "record %llu is not what was appended",
                       (unsigned long long)seq);
    ++*(uint64_t *)context;
    return 0;
}

static void work(const char *folder, unsigned appends, int report)
{
    struct account a = {.later = 1};
    struct store *s = NULL;
    struct err e;

    a.code = store_open(&s, folder, STORE_WRITE, &e);
    if (!a.code)
        a.code = store_size(s, &a.acked, &e);
    a.begun = a.acked;
    for (unsigned i = 0; !a.code && i < appends; i++) {
        size_t count = 1 + (a.acked + i) % 8;

        a.begun += count;
        (void)!write(report, &a, sizeof(a));
        a.code = append_some(s, a.acked, count, &e);
        if (!a.code)
            a.acked += count;
        (void)!write(report, &a, sizeof(a));
    }
    store_close(s);
    a.operations = fault.count;
    a.happened = fault.happened;
    (void)!write(report, &a, sizeof(a));
}

static unsigned any(uint64_t *random, unsigned below)
{
    *random = *random * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(*random >> 33) % below;
}

/* Several accidents in a row happen to one case; returns how many happened. */
static unsigned run_round(const struct place *p, const char *durable, uint64_t seed)
{
    CLEANUP(store_closep) struct store *s = NULL;
    uint64_t random = seed * 0x9e3779b97f4a7c15u + 1;
    unsigned happened = 0;
    char from[256];
    char to[256];

    must(store_create(&s, p->folder, &failure));
    store_close(MOVE(s));
    for (unsigned i = 0; i < 4; i++) {
        static const enum fault_kind kinds[] = {FAULT_KILL, FAULT_KILL, FAULT_IO, FAULT_FULL};
        enum fault_kind kind = kinds[any(&random, COUNT_OF(kinds))];
        bool cuts_power = kind == FAULT_KILL && any(&random, 2);
        long at = 1 + (long)any(&random, any(&random, 3) ? 6000 : 60);
        struct account a;

        snprintf(to, sizeof(to), "%s/case.db-wal", durable);
        unlink(to);
        snprintf(to, sizeof(to), "%s/case.db", durable);
        copy_file(path_of(from, p, "case.db"), to);
        a = fault_run(work, 1 + any(&random, MOST_APPENDS), p->folder, kind, at, any(&random, 2),
                      cuts_power ? durable : NULL);
        if (cuts_power && a.happened)
            lose_power(p->folder, durable, any(&random, 1000));
        check_after(p->folder, &a, check_some);
        happened += a.happened;
    }
    return happened;
}

int main(int argc, char **argv)
{
    uint64_t seed = 1;
    uint64_t count = 0;
    uint64_t happened = 0;
    char durable[96];

    if (argc != 3 || !str_u64(str_of(argv[1]), &seed) || !str_u64(str_of(argv[2]), &count)) {
        fprintf(stderr, "usage: store_kill SEED COUNT\n");
        return 2;
    }
    for (uint64_t round = 0; round < count; round++) {
        struct place *p;

        if (place_make_fast((void **)&p))
            return 1;
        snprintf(durable, sizeof(durable), "%s/durable", p->top);
        if (mkdir(durable, 0700))
            return 1;
        printf("seed %llu: ", (unsigned long long)(seed + round));
        fflush(stdout);
        happened += run_round(p, durable, seed + round);
        printf("nothing lost\n");
        place_remove((void **)&p);
    }
    printf("%llu accidents, no acknowledged record lost\n", (unsigned long long)happened);
    return happened == 0 && count > 0;
}
