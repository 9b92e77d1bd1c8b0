/* verify_rate.c: how near calm-verify comes to the rate of its signature checks alone, on all
 * cores.
 *
 * usage: verify_rate CHECKER RECORDS FOLDER
 * Writes a journal of that many records into the folder, checks its signatures with libsodium and
 * nothing else, then runs the checker, in turns, and prints the best of each and their ratio. */
#include <pthread.h>
#include <sched.h>
#include <sodium.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

#define TURNS 3
#define MESSAGE_MAX 1024
#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"

extern char **environ;

struct bench {
    size_t count;
    char (*messages)[MESSAGE_MAX];
    uint16_t *lens;
    uint8_t (*sigs)[crypto_sign_BYTES];
    uint8_t key[crypto_sign_PUBLICKEYBYTES];
    unsigned threads;
};

struct share {
    const struct bench *b;
    size_t first;
    size_t bad;
};

/* Time on the wall, and on all cores together: the second is the fairer one where others use them
 * too. */
struct spent {
    double wall;
    double cores;
};

static double seconds(struct timeval t)
{
    return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static struct spent now(int who)
{
    struct timespec t;
    struct rusage use;

    clock_gettime(CLOCK_MONOTONIC, &t);
    getrusage(who, &use);
    return (struct spent){(double)t.tv_sec + (double)t.tv_nsec / 1e9,
                          seconds(use.ru_utime) + seconds(use.ru_stime)};
}

static struct spent since(int who, struct spent start)
{
    struct spent end = now(who);

    return (struct spent){end.wall - start.wall, end.cores - start.cores};
}

static void keep_best(struct spent *best, struct spent got)
{
    best->wall = got.wall < best->wall ? got.wall : best->wall;
    best->cores = got.cores < best->cores ? got.cores : best->cores;
}

static void hash_line(const char *line, size_t len, char hex[2 * crypto_hash_sha256_BYTES + 1])
{
    crypto_hash_sha256_state state;
    uint8_t hash[crypto_hash_sha256_BYTES];

    crypto_hash_sha256_init(&state);
    crypto_hash_sha256_update(&state, (const uint8_t *)"", 1);
    crypto_hash_sha256_update(&state, (const uint8_t *)line, len);
    crypto_hash_sha256_final(&state, hash);
    sodium_bin2hex(hex, 2 * sizeof hash + 1, hash, sizeof hash);
}

static int write_record(struct bench *b, FILE *out, const uint8_t *secret, size_t n, char *name,
                        char *prev)
{
    uint8_t id[16];
    char id_hex[33], key_hex[65], sig_hex[129], public[256] = "";
    char line[2 * MESSAGE_MAX];
    char *message = b->messages[n];

    randombytes_buf(id, sizeof id);
    sodium_bin2hex(id_hex, sizeof id_hex, id, sizeof id);
    sodium_bin2hex(key_hex, sizeof key_hex, b->key, sizeof b->key);
    if (n == 0)
        snprintf(public, sizeof public,
                 "\"format\":\"cj/1\",\"key\":\"%s\",\"policy\":\"plain\",\"recovery\":\"" ZEROS
                 "\"",
                 key_hex);
    size_t len = (size_t)snprintf(
        message, MESSAGE_MAX,
        "cj/1 statement\n{\"id\":\"%s\",\"case\":\"%s\",\"seen\":[%zu,\"%s\"],"
        "\"time\":\"2024-05-06T07:08:09.000000000Z\",\"boot\":\"%.32s\",\"mono\":%zu,\"clock\":"
        "\"ntp\",\"by\":\"%s\",\"type\":\"%s\",\"tlp\":\"amber\",\"scope\":\"team\",\"public\":{%s}"
        ","
        "\"fields\":{\"text\":\"" ZEROS "\"},\"refs\":[]}",
        id_hex, name, n, prev, ZEROS, n, key_hex, n == 0 ? "case/1" : "note/1", public);
    b->lens[n] = (uint16_t)len;
    crypto_sign_detached(b->sigs[n], NULL, (const uint8_t *)message, len, secret);
    sodium_bin2hex(sig_hex, sizeof sig_hex, b->sigs[n], sizeof b->sigs[n]);
    int line_len =
        snprintf(line, sizeof line,
                 "{\"v\":1,\"case\":\"%s\",\"seq\":%zu,\"prev\":\"%s\",\"epoch\":0,\"logged\":"
                 "\"2024-05-06T07:08:09.000000000Z\",\"statement\":%.*s,\"sig\":\"%s\"}}\n",
                 name, n, prev, (int)len - 16, message + 15, sig_hex);
    hash_line(line, (size_t)line_len - 1, prev);
    if (n == 0)
        memcpy(name, prev, 65);
    return fwrite(line, 1, (size_t)line_len, out) == (size_t)line_len ? 0 : -1;
}

static int write_journal(struct bench *b, const char *path)
{
    uint8_t secret[crypto_sign_SECRETKEYBYTES];
    char name[65] = ZEROS;
    char prev[65] = ZEROS;
    FILE *out = fopen(path, "w");
    int result = out == NULL ? -1 : 0;

    crypto_sign_keypair(b->key, secret);
    for (size_t n = 0; result == 0 && n < b->count; n++)
        result = write_record(b, out, secret, n, name, prev);
    return (out == NULL || fclose(out) != 0) ? -1 : result;
}

static void *check_share(void *arg)
{
    struct share *s = arg;
    const struct bench *b = s->b;

    for (size_t n = s->first; n < b->count; n += b->threads) {
        int failed = crypto_sign_verify_detached(b->sigs[n], (const uint8_t *)b->messages[n],
                                                 b->lens[n], b->key);

        s->bad += failed != 0 ? 1 : 0;
    }
    return NULL;
}

/* All signature checks, on all cores. */
static struct spent check_bare(const struct bench *b)
{
    pthread_t *threads = calloc(b->threads, sizeof *threads);
    struct share *shares = calloc(b->threads, sizeof *shares);
    struct spent start = now(RUSAGE_SELF);
    size_t bad = 0;

    for (unsigned i = 0; i < b->threads; i++) {
        shares[i] = (struct share){.b = b, .first = i};
        if (pthread_create(&threads[i], NULL, check_share, &shares[i]) != 0)
            abort();
    }
    for (unsigned i = 0; i < b->threads; i++) {
        pthread_join(threads[i], NULL);
        bad += shares[i].bad;
    }
    if (bad != 0)
        abort();
    free(threads);
    free(shares);
    return since(RUSAGE_SELF, start);
}

/* The checker; it has to call the journal valid. */
static struct spent check_whole(char *checker, char *path)
{
    char *args[] = {checker, "--brief", path, NULL};
    struct spent start = now(RUSAGE_CHILDREN);
    pid_t pid = 0;
    int status = 0;

    if (posix_spawn(&pid, checker, NULL, NULL, args, environ) != 0 ||
        waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status) != 2) {
        fprintf(stderr, "%s did not call the journal valid\n", checker);
        exit(1);
    }
    return since(RUSAGE_CHILDREN, start);
}

int main(int argc, char **argv)
{
    struct bench b = {.count = argc == 4 ? strtoul(argv[2], NULL, 10) : 0};
    char path[4096];
    cpu_set_t set;
    struct spent bare = {1e9, 1e9};
    struct spent whole = {1e9, 1e9};

    if (b.count == 0 || sodium_init() < 0 || sched_getaffinity(0, sizeof set, &set) != 0) {
        fprintf(stderr, "usage: verify_rate CHECKER RECORDS FOLDER\n");
        return 2;
    }
    b.threads = (unsigned)CPU_COUNT(&set);
    b.messages = calloc(b.count, sizeof *b.messages);
    b.lens = calloc(b.count, sizeof *b.lens);
    b.sigs = calloc(b.count, sizeof *b.sigs);
    snprintf(path, sizeof path, "%s/verify_rate.cj1", argv[3]);
    if (b.messages == NULL || b.lens == NULL || b.sigs == NULL || write_journal(&b, path) != 0) {
        fprintf(stderr, "the journal cannot be written\n");
        return 1;
    }
    for (int i = 0; i < TURNS; i++) {
        keep_best(&bare, check_bare(&b));
        keep_best(&whole, check_whole(argv[1], path));
    }
    remove(path);
    double count = (double)b.count;
    printf(
        "%zu records, %u cores: bare %.0f signatures/s, calm-verify %.0f records/s, ratio %.3f\n",
        b.count, b.threads, count / bare.wall, count / whole.wall, bare.wall / whole.wall);
    printf("for each second of a core: bare %.0f, calm-verify %.0f, ratio %.3f\n",
           count / bare.cores, count / whole.cores, bare.cores / whole.cores);
    return 0;
}
