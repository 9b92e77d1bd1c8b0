/* append.c: how fast records become durable: WRITERS threads append COUNT notes in all to a new
 * case in FOLDER, through the same operation that the command line uses.
 *
 * Prints one line of JSON: records a second, CPU microseconds a record (this process and the
 * signer), and writers. */
#include <pthread.h>
#include <sys/resource.h>
#include <time.h>
#include "practice/practice.h"
#include "sys/signer.h"

enum { WRITERS_MAX = 256 };

struct writer {
    pthread_t thread;
    struct session *session;
    const struct operation *op;
    unsigned count;
    int rc;
    struct err e;
};

static double now_s(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static double cpu_s(int who)
{
    struct rusage r;

    getrusage(who, &r);
    return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) +
           (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1e6;
}

static void *write_notes(void *context)
{
    struct writer *w = context;
    struct str values[16] = {{0}};
    struct input in = {.values = values};

    values[0] = STR("fan of db1 is loud, red light on drive 3, seen by the night shift");
    for (unsigned i = 0; i < w->count && w->rc == 0; i++) {
        struct answer a = {.columns = 80};

        w->rc = session_perform(w->session, w->op, &in, &a, &w->e);
        buf_release(&a.text);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    static struct writer writers[WRITERS_MAX];
    struct session_options options = {.model = practice_model()};
    struct session_new n = {.name = "bench", .person = "bench"};
    struct session *s = NULL;
    struct err e = {0};
    unsigned count;
    unsigned total;
    double start;
    double cpu;
    double wall;

    signer_main_if_asked(argc, argv);
    if (argc != 5)
        return fprintf(stderr, "usage: append FOLDER KEYS WRITERS COUNT\n"), 2;
    options.key_folder = argv[2];
    count = (unsigned)strtoul(argv[3], NULL, 10);
    total = (unsigned)strtoul(argv[4], NULL, 10);
    if (count < 1 || count > WRITERS_MAX || session_create(&s, argv[1], &n, &options, &e))
        return fprintf(stderr, "%s\n", e.text), 1;
    start = now_s();
    cpu = cpu_s(RUSAGE_SELF);
    for (unsigned i = 0; i < count; i++) {
        writers[i] = (struct writer){.session = s,
                                     .op = operation_find(options.model, STR("note add")),
                                     .count = total / count};
        pthread_create(&writers[i].thread, NULL, write_notes, &writers[i]);
    }
    for (unsigned i = 0; i < count; i++) {
        pthread_join(writers[i].thread, NULL);
        if (writers[i].rc)
            return fprintf(stderr, "%s\n", writers[i].e.text), 1;
    }
    wall = now_s() - start;
    cpu = cpu_s(RUSAGE_SELF) - cpu;
    session_close(s); /* the signer is waited for, so that its time counts */
    cpu += cpu_s(RUSAGE_CHILDREN);
    total = total / count * count;
    printf("{\"writers\":%u,\"records\":%u,\"records_per_s\":%.0f,\"cpu_us_per_record\":%.1f}\n",
           count, total, total / wall, cpu * 1e6 / total);
    return 0;
}
