/* guest.c: holds on a guest what calm-collect is to find there: known bytes at known places of the
 * memory, a listener of vsock, a program of eBPF; or sends a packet again and again. Each says what
 * it made on one line, and stays. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/vm_sockets.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { PAGE = 4096 };

static int fail(const char *what)
{
    perror(what);
    return 1;
}

static int stay(void)
{
    fflush(stdout);
    for (;;)
        pause();
}

/* The number of the page of physical memory that holds each page: pagemap(5), bits 0 to 54. */
static int hold(char **words)
{
    int fd = open(words[0], O_RDONLY);
    int map = open("/proc/self/pagemap", O_RDONLY);
    struct stat st;
    char *bytes;

    if (fd < 0 || map < 0 || fstat(fd, &st) < 0)
        return fail(words[0]);
    bytes =
        mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (bytes == MAP_FAILED || mlock(bytes, (size_t)st.st_size) < 0)
        return fail("memory");
    for (off_t at = 0; at < st.st_size; at += PAGE) {
        uint64_t entry;
        off_t where = (off_t)((uintptr_t)(bytes + at) / PAGE * sizeof(entry));

        if (read(fd, bytes + at, PAGE) != PAGE)
            return fail(words[0]);
        if (pread(map, &entry, sizeof(entry), where) != sizeof(entry))
            return fail("pagemap");
        printf("%llu ", (unsigned long long)(entry & ((1ULL << 55) - 1)));
    }
    puts("");
    return stay();
}

static int listen_vsock(char **words)
{
    struct sockaddr_vm address = {
        .svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_ANY, .svm_port = (unsigned)atoi(words[0])};
    int fd = socket(AF_VSOCK, SOCK_STREAM, 0);

    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 3) < 0)
        return fail("vsock");
    puts("listens");
    return stay();
}

/* "r0 = NUMBER; exit", a filter of sockets, and a map. */
static int load_bpf(char **words)
{
    struct bpf_insn code[] = {{.code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = atoi(words[0])},
                              {.code = BPF_JMP | BPF_EXIT}};
    union bpf_attr program = {.prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
                              .insn_cnt = 2,
                              .insns = (uintptr_t)code,
                              .license = (uintptr_t) "GPL"};
    union bpf_attr map = {
        .map_type = BPF_MAP_TYPE_HASH, .key_size = 12, .value_size = 20, .max_entries = 34};

    memcpy(program.prog_name, "known_program", 14);
    memcpy(map.map_name, "known_map", 10);
    if (syscall(SYS_bpf, BPF_PROG_LOAD, &program, sizeof(program)) < 0 ||
        syscall(SYS_bpf, BPF_MAP_CREATE, &map, sizeof(map)) < 0)
        return fail("bpf");
    for (size_t i = 0; i < sizeof(code); i++)
        printf("%02x", ((unsigned char *)code)[i]);
    puts("");
    return stay();
}

/* From before there is a network on. */
static int talk(char **words)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(words[1]))};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    if (fd < 0 || inet_pton(AF_INET, words[0], &to.sin_addr) != 1)
        return fail(words[0]);
    for (;;) {
        (void)!sendto(fd, "known", 5, 0, (struct sockaddr *)&to, sizeof(to));
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    }
}

static const struct {
    const char *name;
    int words;
    int (*run)(char **words);
} ways[] = {{"hold", 1, hold}, {"vsock", 1, listen_vsock}, {"bpf", 1, load_bpf}, {"talk", 2, talk}};

int main(int argc, char **argv)
{
    for (size_t i = 0; argc > 1 && i < sizeof(ways) / sizeof(*ways); i++)
        if (strcmp(argv[1], ways[i].name) == 0 && argc == ways[i].words + 2)
            return ways[i].run(argv + 2);
    fputs("guest hold FILE | vsock PORT | bpf NUMBER | talk ADDRESS PORT\n", stderr);
    return 2;
}
