/* image_bare.c: image_bare SOURCE TARGET: the stages of an E01 and nothing else, as fast as they go
 * here: one thread reads, three hash with OpenSSL, as many as there are processors pack chunks with
 * isa-l at level 1, one writes what was packed. No format, no map, no records; what calm-image
 * takes beyond this is its own. */
#include <fcntl.h>
#include <isa-l/igzip_lib.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    BLOCK = 1 << 20,
    CHUNK = 32768,
    CHUNKS = BLOCK / CHUNK,
    CHUNK_ROOM = CHUNK + 1024,
    SLOTS = 32,
    HASHES = 3,
    PACKERS_MAX = 64,
};

struct slot {
    size_t size;
    int users; /* that have not done with it */
    int is_packed;
    unsigned char *bytes;
    unsigned char *packed;
    unsigned packed_size[CHUNKS];
};

/* The threads share all of it under the lock; number of a block, from 0. */
struct line {
    pthread_mutex_t lock;
    pthread_cond_t moved;
    struct slot slots[SLOTS];
    unsigned long read; /* blocks */
    unsigned long next; /* to pack */
    int is_all;
    int out;
};

struct hasher {
    struct line *line;
    const EVP_MD *md;
    unsigned char sum[EVP_MAX_MD_SIZE];
};

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

/* Waits for a block; NULL: there is none. */
static struct slot *await(struct line *l, unsigned long number)
{
    struct slot *s = NULL;

    pthread_mutex_lock(&l->lock);
    while (number >= l->read && !l->is_all)
        pthread_cond_wait(&l->moved, &l->lock);
    if (number < l->read)
        s = &l->slots[number % SLOTS];
    pthread_mutex_unlock(&l->lock);
    return s;
}

static void done_with(struct line *l, struct slot *s)
{
    pthread_mutex_lock(&l->lock);
    s->users--;
    pthread_cond_broadcast(&l->moved);
    pthread_mutex_unlock(&l->lock);
}

static void *hash(void *context)
{
    struct hasher *h = context;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    struct slot *s;

    if (!ctx || EVP_DigestInit_ex(ctx, h->md, NULL) != 1)
        fail("hash");
    for (unsigned long i = 0; (s = await(h->line, i)); i++) {
        if (EVP_DigestUpdate(ctx, s->bytes, s->size) != 1)
            fail("hash");
        done_with(h->line, s);
    }
    if (EVP_DigestFinal_ex(ctx, h->sum, NULL) != 1)
        fail("hash");
    EVP_MD_CTX_free(ctx);
    return NULL;
}

static unsigned pack_chunk(void *room, unsigned char *in, size_t size, unsigned char *out)
{
    struct isal_zstream z;

    isal_deflate_stateless_init(&z);
    z.level = 1;
    z.level_buf = room;
    z.level_buf_size = ISAL_DEF_LVL1_DEFAULT;
    z.gzip_flag = IGZIP_ZLIB;
    z.end_of_stream = 1;
    z.next_in = in;
    z.avail_in = (unsigned)size;
    z.next_out = out;
    z.avail_out = CHUNK_ROOM;
    if (isal_deflate_stateless(&z) != COMP_OK)
        fail("isa-l");
    return CHUNK_ROOM - z.avail_out;
}

static void pack_block(void *room, struct slot *s)
{
    for (size_t i = 0; i * CHUNK < s->size; i++) {
        size_t size = s->size - i * CHUNK < CHUNK ? s->size - i * CHUNK : CHUNK;

        s->packed_size[i] =
            pack_chunk(room, s->bytes + i * CHUNK, size, s->packed + i * CHUNK_ROOM);
    }
}

static unsigned long take_number(struct line *l)
{
    unsigned long number;

    pthread_mutex_lock(&l->lock);
    number = l->next++;
    pthread_mutex_unlock(&l->lock);
    return number;
}

static void *pack(void *context)
{
    struct line *l = context;
    void *room = malloc(ISAL_DEF_LVL1_DEFAULT);
    struct slot *s;

    if (!room)
        fail("memory");
    while ((s = await(l, take_number(l)))) {
        pack_block(room, s);
        pthread_mutex_lock(&l->lock);
        s->is_packed = 1;
        pthread_cond_broadcast(&l->moved);
        pthread_mutex_unlock(&l->lock);
    }
    free(room);
    return NULL;
}

static void write_block(int out, const struct slot *s, unsigned char *joined)
{
    size_t size = 0;
    size_t at = 0;

    for (size_t i = 0; i * CHUNK < s->size; i++) {
        __builtin_memcpy(joined + size, s->packed + i * CHUNK_ROOM, s->packed_size[i]);
        size += s->packed_size[i];
    }
    while (at < size) {
        ssize_t n = write(out, joined + at, size - at);

        if (n < 0)
            fail("write");
        at += (size_t)n;
    }
}

static void *write_all(void *context)
{
    struct line *l = context;
    unsigned char *joined = malloc((size_t)CHUNKS * CHUNK_ROOM);
    struct slot *s;

    if (!joined)
        fail("memory");
    for (unsigned long i = 0; (s = await(l, i)); i++) {
        pthread_mutex_lock(&l->lock);
        while (!s->is_packed)
            pthread_cond_wait(&l->moved, &l->lock);
        pthread_mutex_unlock(&l->lock);
        write_block(l->out, s, joined);
        done_with(l, s);
    }
    free(joined);
    return NULL;
}

static struct slot *free_slot(struct line *l)
{
    struct slot *s = &l->slots[l->read % SLOTS];

    pthread_mutex_lock(&l->lock);
    while (s->users)
        pthread_cond_wait(&l->moved, &l->lock);
    pthread_mutex_unlock(&l->lock);
    return s;
}

static void read_all(struct line *l, int in)
{
    ssize_t n;

    do {
        struct slot *s = free_slot(l);

        n = read(in, s->bytes, BLOCK);
        if (n < 0)
            fail("read");
        pthread_mutex_lock(&l->lock);
        s->size = (size_t)n;
        s->users = HASHES + 1;
        s->is_packed = 0;
        if (n)
            l->read++;
        else
            l->is_all = 1;
        pthread_cond_broadcast(&l->moved);
        pthread_mutex_unlock(&l->lock);
    } while (n);
}

static void allocate(struct line *l)
{
    for (int i = 0; i < SLOTS; i++) {
        l->slots[i].bytes = aligned_alloc(4096, BLOCK);
        l->slots[i].packed = malloc((size_t)CHUNKS * CHUNK_ROOM);
        if (!l->slots[i].bytes || !l->slots[i].packed)
            fail("memory");
    }
}

int main(int argc, char **argv)
{
    static struct line l = {.lock = PTHREAD_MUTEX_INITIALIZER, .moved = PTHREAD_COND_INITIALIZER};
    struct hasher hashers[HASHES] = {{.line = &l, .md = EVP_md5()},
                                     {.line = &l, .md = EVP_sha1()},
                                     {.line = &l, .md = EVP_sha256()}};
    pthread_t threads[HASHES + PACKERS_MAX + 1];
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    size_t count = 0;
    int in;

    if (argc != 3)
        return fprintf(stderr, "usage: image_bare SOURCE TARGET\n"), 2;
    in = open(argv[1], O_RDONLY | O_CLOEXEC);
    l.out = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (in < 0 || l.out < 0)
        fail("open");
    allocate(&l);
    for (int i = 0; i < HASHES; i++)
        pthread_create(&threads[count++], NULL, hash, &hashers[i]);
    for (long i = 0; i < processors && i < PACKERS_MAX; i++)
        pthread_create(&threads[count++], NULL, pack, &l);
    pthread_create(&threads[count++], NULL, write_all, &l);
    read_all(&l, in);
    for (size_t i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    if (fdatasync(l.out))
        fail("write");
    for (int i = 0; i < HASHES; i++) {
        for (int k = 0; k < EVP_MD_get_size(hashers[i].md); k++)
            printf("%02x", hashers[i].sum[k]);
        printf("\n");
    }
    return 0;
}
