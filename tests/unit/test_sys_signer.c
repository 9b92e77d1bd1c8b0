/* test_sys_signer.c: the signer signs soundly, and its keys do not come out of it. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sodium.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/mem.h"
#include "sys/clock.h"
#include "sys/confine.h"
#include "sys/file.h"
#include "sys/keyfile.h"
#include "sys/signer.h"
#include "sys/signer_wire.h"

/* RFC 8032 §7.1, tests 1 to 3. */
static const struct {
    const char *seed, *key, *message, *sig;
} vectors[] = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
     "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
     "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
    {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
     "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"},
};

static char folder[64];
static struct signer *signer;

static int start(void **state)
{
    struct err e = {0};

    (void)state;
    snprintf(folder, sizeof(folder), "/tmp/test_sys_signer.XXXXXX");
    if (!mkdtemp(folder) || signer_start(&signer, folder, &e) < 0) {
        print_error("%s\n", e.text);
        return -1;
    }
    return 0;
}

static int stop(void **state)
{
    DIR *d = opendir(folder);
    struct dirent *entry;
    char path[512];

    (void)state;
    signer_stop(signer);
    signer = NULL;
    while (d && (entry = readdir(d))) {
        snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        unlink(path);
    }
    closedir(d);
    return rmdir(folder);
}

static bool holds(const struct sig *sig, struct str message, const struct key *key)
{
    return crypto_sign_verify_detached(sig->b, (const uint8_t *)message.p, message.len, key->b) ==
           0;
}

static struct str unhex(char *out, const char *hex)
{
    struct str s = str_of(hex);

    assert_true(hex_read(out, s.len / 2, s));
    return (struct str){out, s.len / 2};
}

static void key_path(char out[256], const struct key *key)
{
    CLEANUP_BUF struct buf hex = {0};

    hex_add(&hex, key->b, sizeof(key->b));
    snprintf(out, 256, "%s/%s.key", folder, buf_text(&hex));
}

static void signatures_are_those_of_rfc_8032(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(vectors); i++) {
        char seed[32];
        char message_bytes[8];
        char sig_bytes[64];
        struct str message = unhex(message_bytes, vectors[i].message);
        char key_bytes[32];
        struct key key;
        struct sig sig;

        unhex(seed, vectors[i].seed);
        assert_int_equal(signer_load_seed(signer, (uint8_t *)seed, &key, NULL), 0);
        assert_memory_equal(key.b, unhex(key_bytes, vectors[i].key).p, 32);
        assert_int_equal(signer_sign(signer, &key, &message, 1, &sig, NULL), 0);
        assert_memory_equal(sig.b, unhex(sig_bytes, vectors[i].sig).p, 64);
    }
}

static void a_batch_larger_than_a_frame_is_signed_in_order(void **state)
{
    enum { COUNT = 3000, MOST = 3000 };
    struct str *messages = mem_array(COUNT, sizeof(*messages));
    struct sig *sigs = mem_array(COUNT, sizeof(*sigs));
    char *bytes = mem_alloc(MOST + COUNT);
    struct key key;

    (void)state;
    random_bytes(bytes, MOST + COUNT);
    for (size_t i = 0; i < COUNT; i++)
        messages[i] = (struct str){bytes + i, i % MOST}; /* 4.5 MB in all */
    assert_int_equal(signer_create(signer, "batch", &key, NULL), 0);
    assert_int_equal(signer_sign(signer, &key, messages, COUNT, sigs, NULL), 0);
    for (size_t i = 0; i < COUNT; i++)
        assert_true(holds(&sigs[i], messages[i], &key));
    assert_int_equal(signer_sign(signer, &key, NULL, 0, NULL, NULL), 0);
    free(messages);
    free(sigs);
    free(bytes);
}

static void many_empty_messages_are_signed(void **state)
{
    enum { COUNT = 40000 }; /* more signatures than one answer holds */
    struct str *messages = mem_array(COUNT, sizeof(*messages));
    struct sig *sigs = mem_array(COUNT, sizeof(*sigs));
    struct key key;

    (void)state;
    for (size_t i = 0; i < COUNT; i++)
        messages[i] = STR("");
    assert_int_equal(signer_create(signer, "batch", &key, NULL), 0);
    assert_int_equal(signer_sign(signer, &key, messages, COUNT, sigs, NULL), 0);
    assert_true(holds(&sigs[0], STR(""), &key));
    assert_true(holds(&sigs[COUNT - 1], STR(""), &key));
    free(messages);
    free(sigs);
}

static void sizes_have_limits(void **state)
{
    CLEANUP_BUF struct buf big = {0};
    struct key key;
    struct sig sig;
    struct str message;
    struct err e = {0};
    char label[202];

    (void)state;
    buf_addn(&big, 'x', (1 << 20) + 1);
    assert_int_equal(signer_create(signer, "k", &key, NULL), 0);
    message = str_head(buf_str(&big), 1 << 20);
    assert_int_equal(signer_sign(signer, &key, &message, 1, &sig, &e), 0);
    assert_true(holds(&sig, message, &key));
    message = buf_str(&big);
    assert_int_equal(signer_sign(signer, &key, &message, 1, &sig, &e), ERR_LIMIT);
    assert_int_equal(signer_unlock(signer, &key, str_head(message, 4097), &e), ERR_LIMIT);
    memset(label, 'x', 201);
    label[201] = '\0';
    assert_int_equal(signer_create(signer, label, &key, &e), ERR_USAGE);
    label[200] = '\0';
    assert_int_equal(signer_create(signer, label, &key, &e), 0);
}

static void a_label_without_sense_is_refused(void **state)
{
    static const char *const labels[] = {"", "two\nlines", "tab\there", "\xff", "del\x7f"};
    struct key key;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(labels); i++)
        assert_int_equal(signer_create(signer, labels[i], &key, NULL), ERR_USAGE);
}

/* openssl is another implementation of Ed25519, read from the public key alone. */
static void openssl_confirms_a_signature(void **state)
{
    static const uint8_t der[] = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
                                  0x2b, 0x65, 0x70, 0x03, 0x21, 0x00}; /* RFC 8410 §4 */
    struct str message = STR("{\"id\":\"00\"}");
    char pub[128];
    char msg[128];
    char sgn[128];
    CLEANUP_BUF struct buf spki = {0};
    struct key key;
    struct sig sig;

    (void)state;
    if (access("/usr/bin/openssl", X_OK) < 0)
        skip();
    for (int forged = 0; forged < 2; forged++) {
        int status;
        pid_t pid;

        assert_int_equal(signer_create(signer, "court", &key, NULL), 0);
        assert_int_equal(signer_sign(signer, &key, &message, 1, &sig, NULL), 0);
        sig.b[5] ^= (uint8_t)forged;
        buf_clear(&spki);
        buf_add(&spki, der, sizeof(der));
        buf_add(&spki, key.b, sizeof(key.b));
        snprintf(pub, sizeof(pub), "%s/pub", folder);
        snprintf(msg, sizeof(msg), "%s/msg", folder);
        snprintf(sgn, sizeof(sgn), "%s/sig", folder);
        assert_int_equal(file_write(pub, buf_str(&spki), 0600, NULL), 0);
        assert_int_equal(file_write(msg, message, 0600, NULL), 0);
        assert_int_equal(file_write(sgn, (struct str){(char *)sig.b, 64}, 0600, NULL), 0);
        pid = fork();
        if (pid == 0) {
            close(1);
            execl("/usr/bin/openssl", "openssl", "pkeyutl", "-verify", "-rawin", "-pubin",
                  "-keyform", "DER", "-inkey", pub, "-in", msg, "-sigfile", sgn, NULL);
            _exit(127);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(WEXITSTATUS(status), forged);
    }
}

static void folder_and_files_are_closed_to_others(void **state)
{
    struct signer *other = NULL;
    struct key key;
    struct stat st;
    char path[256];

    (void)state;
    assert_int_equal(signer_create(signer, "k", &key, NULL), 0);
    key_path(path, &key);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(chmod(folder, 0755), 0);
    assert_int_equal(signer_start(&other, folder, NULL), 0);
    assert_int_equal(stat(folder, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    signer_stop(other);
}

static void a_new_folder_is_made_and_one_that_cannot_be_is_told(void **state)
{
    struct signer *other = NULL;
    struct err e = {0};
    struct stat st;
    char path[128];

    (void)state;
    snprintf(path, sizeof(path), "%s/deep", folder);
    assert_int_equal(signer_start(&other, path, &e), 0);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    signer_stop(other);
    other = NULL;
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(signer_start(&other, "/proc/none", &e), ERR_NOTFOUND);
    assert_non_null(strstr(e.text, "/proc/none"));
    assert_null(other);
}

static void keys_are_listed_in_the_order_of_their_making(void **state)
{
    static const char *const labels[] = {"first", "zweiter \xc3\x84", "third"};
    CLEANUP_FREE struct signer_key *keys = NULL;
    struct key made[3];
    struct key other;
    uint8_t seed[32];
    size_t count = 9;

    (void)state;
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(signer_create(signer, labels[i], &made[i], NULL), 0);
    assert_int_equal(signer_create_recovery(signer, &other, seed, NULL), 0); /* is not stored */
    assert_int_equal(signer_list(signer, &keys, &count, NULL), 0);
    assert_int_equal(count, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_true(key_eq(&keys[i].key, &made[i]));
        assert_string_equal(keys[i].label, labels[i]);
        assert_false(keys[i].is_sealed);
    }
}

static void an_empty_folder_lists_nothing(void **state)
{
    struct signer_key *keys = NULL;
    size_t count = 9;

    (void)state;
    assert_int_equal(signer_list(signer, &keys, &count, NULL), 0);
    assert_int_equal(count, 0);
    free(keys);
}

static void a_second_process_uses_the_same_keys(void **state)
{
    struct signer *other = NULL;
    struct str message = STR("m");
    struct key mine;
    struct key theirs;
    struct sig sig;

    (void)state;
    assert_int_equal(signer_create(signer, "before", &mine, NULL), 0);
    assert_int_equal(signer_start(&other, folder, NULL), 0);
    assert_int_equal(signer_sign(other, &mine, &message, 1, &sig, NULL), 0);
    assert_true(holds(&sig, message, &mine));
    assert_int_equal(signer_create(other, "after", &theirs, NULL), 0);
    assert_int_equal(signer_sign(signer, &theirs, &message, 1, &sig, NULL), 0);
    assert_true(holds(&sig, message, &theirs));
    signer_stop(other);
}

static void a_passphrase_seals_a_key(void **state)
{
    CLEANUP_FREE struct signer_key *keys = NULL;
    CLEANUP_BUF struct buf file = {0};
    struct signer *other = NULL;
    struct str message = STR("m");
    struct err e = {0};
    char path[256];
    struct key key;
    struct sig sig;
    size_t count;

    (void)state;
    assert_int_equal(signer_create(signer, "ada", &key, NULL), 0);
    assert_int_equal(signer_set_passphrase(signer, &key, STR("correct horse"), NULL), 0);
    assert_int_equal(signer_sign(signer, &key, &message, 1, &sig, NULL), 0); /* still open here */
    key_path(path, &key);
    assert_int_equal(file_read(&file, path, 4096, NULL), 0);
    assert_non_null(strstr(buf_text(&file), "\nsecret argon2id13 4 131072 "));
    assert_null(strstr(buf_text(&file), "plain"));

    assert_int_equal(signer_start(&other, folder, NULL), 0);
    assert_int_equal(signer_list(other, &keys, &count, NULL), 0);
    assert_true(count == 1 && keys[0].is_sealed);
    assert_int_equal(signer_sign(other, &key, &message, 1, &sig, &e), ERR_DENIED);
    assert_non_null(strstr(e.text, "passphrase"));
    assert_int_equal(signer_set_passphrase(other, &key, STR("mine now"), &e), ERR_DENIED);
    assert_int_equal(signer_unlock(other, &key, STR("wrong"), &e), ERR_DENIED);
    assert_non_null(strstr(e.text, "ada"));
    assert_int_equal(signer_unlock(other, &key, STR(""), &e), ERR_DENIED);
    assert_int_equal(signer_unlock(other, &key, STR("correct horse"), &e), 0);
    assert_int_equal(signer_unlock(other, &key, STR("wrong"), &e), ERR_DENIED);
    assert_int_equal(signer_sign(other, &key, &message, 1, &sig, NULL), 0);
    assert_true(holds(&sig, message, &key));
    free(keys);
    keys = NULL;
    assert_int_equal(signer_list(other, &keys, &count, NULL), 0);
    assert_true(count == 1 && !keys[0].is_sealed);
    assert_int_equal(signer_set_passphrase(other, &key, STR(""), NULL), 0); /* plain again */
    assert_int_equal(file_read(&file, path, 4096, NULL), 0);
    assert_non_null(strstr(buf_text(&file), "\nsecret plain "));
    signer_stop(other);
}

static void an_unknown_key_is_not_found(void **state)
{
    struct str message = STR("m");
    struct key key = {{1, 2, 3}};
    struct err e = {0};
    struct sig sig;

    (void)state;
    assert_int_equal(signer_sign(signer, &key, &message, 1, &sig, &e), ERR_NOTFOUND);
    assert_non_null(strstr(e.text, folder));
    assert_int_equal(signer_unlock(signer, &key, STR("x"), &e), ERR_NOTFOUND);
}

static void a_damaged_key_file_does_not_hide_the_others(void **state)
{
    CLEANUP_FREE struct signer_key *keys = NULL;
    CLEANUP_BUF struct buf file = {0};
    struct signer *other = NULL;
    struct str message = STR("m");
    struct err e = {0};
    char path[256];
    struct key good;
    struct key bad;
    struct sig sig;
    size_t count;

    (void)state;
    assert_int_equal(signer_create(signer, "good", &good, NULL), 0);
    assert_int_equal(signer_create(signer, "bad", &bad, NULL), 0);
    key_path(path, &bad);
    assert_int_equal(file_read(&file, path, 4096, NULL), 0);
    file.p[file.len - 10] = file.p[file.len - 10] == '0' ? '1' : '0'; /* another seed */
    assert_int_equal(file_write(path, buf_str(&file), 0600, NULL), 0);
    assert_int_equal(signer_start(&other, folder, NULL), 0);
    assert_int_equal(signer_list(other, &keys, &count, NULL), 0);
    assert_true(count == 1 && key_eq(&keys[0].key, &good));
    assert_int_equal(signer_sign(other, &bad, &message, 1, &sig, &e), ERR_FORMAT);
    assert_non_null(strstr(e.text, path));
    signer_stop(other);
}

static void a_recovery_key_is_given_once_and_loads_from_its_seed(void **state)
{
    struct signer *other = NULL;
    struct str message = STR("m");
    uint8_t seed[32];
    struct key key;
    struct key again;
    struct sig sig;

    (void)state;
    assert_int_equal(signer_create_recovery(signer, &key, seed, NULL), 0);
    assert_int_equal(signer_sign(signer, &key, &message, 1, &sig, NULL), 0);
    assert_int_equal(signer_set_passphrase(signer, &key, STR("x"), NULL), ERR_USAGE);
    assert_int_equal(signer_start(&other, folder, NULL), 0);
    assert_int_equal(signer_sign(other, &key, &message, 1, &sig, NULL), ERR_NOTFOUND);
    assert_int_equal(signer_load_seed(other, seed, &again, NULL), 0);
    assert_true(key_eq(&key, &again));
    assert_int_equal(signer_sign(other, &key, &message, 1, &sig, NULL), 0);
    assert_true(holds(&sig, message, &key));
    signer_stop(other);
}

static void a_box_opens_for_its_key_alone(void **state)
{
    CLEANUP_BUF struct buf box = {0};
    CLEANUP_BUF struct buf got = {0};
    CLEANUP_BUF struct buf big = {0};
    struct key ada;
    struct key bob;
    struct key zero = {{0}};

    (void)state;
    buf_addn(&big, 'x', 5000);
    assert_int_equal(signer_create(signer, "ada", &ada, NULL), 0);
    assert_int_equal(signer_create(signer, "bob", &bob, NULL), 0);
    assert_int_equal(signer_seal(&ada, STR("the scope key"), &box, NULL), 0);
    assert_int_equal(box.len, strlen("the scope key") + crypto_box_SEALBYTES);
    assert_int_equal(signer_unseal(signer, &bob, buf_str(&box), &got, NULL), ERR_FORMAT);
    assert_int_equal(signer_unseal(signer, &ada, STR("short"), &got, NULL), ERR_FORMAT);
    assert_int_equal(signer_unseal(signer, &ada, buf_str(&big), &got, NULL), ERR_LIMIT);
    assert_int_equal(signer_unseal(signer, &ada, buf_str(&box), &got, NULL), 0);
    assert_string_equal(buf_text(&got), "the scope key");
    box.p[40] ^= 1;
    assert_int_equal(signer_unseal(signer, &ada, buf_str(&box), &got, NULL), ERR_FORMAT);
    assert_int_equal(signer_seal(&zero, STR("x"), &box, NULL), ERR_USAGE); /* of small order */
    assert_int_equal(signer_seal(&ada, buf_str(&big), &box, NULL), ERR_LIMIT);
}

static pid_t child_of_this(void)
{
    CLEANUP_BUF struct buf text = {0};
    char path[64];
    uint64_t pid = 0;
    struct str rest;

    snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
    if (file_read(&text, path, 4096, NULL) < 0)
        return 0;
    rest = str_trim(buf_str(&text));
    return str_u64(str_cut(&rest, ' '), &pid) && rest.len == 0 ? (pid_t)pid : 0;
}

/* Wrapped by libsodium's own X25519 for the key that follows from the one that signs. */
static void a_file_of_age_opens_for_its_keys_alone(void **state)
{
    static const uint8_t file_key[AGE_FILE_KEY_SIZE] = "sixteen bytes...";
    uint8_t secret[AGE_KEY_SIZE];
    uint8_t public[AGE_KEY_SIZE];
    uint8_t got[AGE_FILE_KEY_SIZE] = {0};
    struct age_share shares[SIGNER_SHARE_LIMIT + 1];
    struct age_share low = {.share = {0}};
    struct key ada, bob;
    struct err e = {0};

    (void)state;
    assert_int_equal(signer_create(signer, "ada", &ada, NULL), 0);
    assert_int_equal(signer_create(signer, "bob", &bob, NULL), 0);
    assert_int_equal(age_recipient_of(public, &ada, &e), 0);
    assert_int_equal(age_wrap(&shares[1], public, file_key, &e), 0);
    crypto_box_keypair(public, secret);
    assert_int_equal(age_wrap(&shares[0], public, file_key, &e), 0);

    assert_int_equal(signer_age_open(signer, &ada, shares, 2, got, &e), 0);
    assert_memory_equal(got, file_key, sizeof(got));
    memset(got, 0, sizeof(got));
    assert_int_equal(signer_age_open_with(signer, secret, shares, 2, got, &e), 0);
    assert_memory_equal(got, file_key, sizeof(got));
    assert_int_equal(signer_age_open(signer, &bob, shares, 2, got, NULL), ERR_DENIED);
    assert_int_equal(signer_age_open(signer, &ada, shares, 1, got, NULL), ERR_DENIED);
    assert_int_equal(signer_age_open(signer, &ada, shares, 0, got, NULL), ERR_DENIED);
    assert_int_equal(signer_age_open(signer, &ada, &low, 1, got, NULL), ERR_FORMAT);
    assert_int_equal(signer_age_open(signer, &ada, shares, COUNT_OF(shares), got, NULL), ERR_LIMIT);
    shares[1].body[0] ^= 1;
    assert_int_equal(signer_age_open(signer, &ada, shares, 2, got, NULL), ERR_DENIED);
}

static void a_killed_signer_is_told_and_nothing_is_signed(void **state)
{
    struct str message = STR("m");
    struct err e = {0};
    struct sig sig;
    struct sig before;
    struct key key;
    pid_t pid = child_of_this();

    (void)state;
    if (pid == 0)
        skip(); /* a kernel without CONFIG_PROC_CHILDREN */
    assert_int_equal(signer_create(signer, "k", &key, NULL), 0);
    assert_int_equal(kill(pid, SIGKILL), 0);
    memset(&sig, 7, sizeof(sig));
    before = sig;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(signer_sign(signer, &key, &message, 1, &sig, &e), ERR_IO);
        assert_non_null(strstr(e.text, "has ended"));
        assert_memory_equal(&sig, &before, sizeof(sig));
    }
}

static void the_signer_ends_with_its_program(void **state)
{
    int ends[2];
    pid_t pid;
    pid_t grandchild = 0;

    (void)state;
    assert_int_equal(pipe(ends), 0);
    pid = fork();
    if (pid == 0) {
        struct signer *mine = NULL;

        grandchild = signer_start(&mine, folder, NULL) ? 0 : child_of_this();
        _exit(write(ends[1], &grandchild, sizeof(grandchild)) < 0); /* without signer_stop */
    }
    assert_int_equal(read(ends[0], &grandchild, sizeof(grandchild)), sizeof(grandchild));
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    close(ends[0]);
    close(ends[1]);
    if (grandchild == 0)
        skip();
    for (int i = 0; i < 500 && kill(grandchild, 0) == 0; i++) {
        char path[64];
        CLEANUP_BUF struct buf text = {0};

        snprintf(path, sizeof(path), "/proc/%d/stat", (int)grandchild);
        if (file_read(&text, path, 4096, NULL) < 0 || strstr(buf_text(&text), ") Z "))
            return; /* ended; whoever reaps orphans here has not yet */
        usleep(10000);
    }
    assert_int_equal(kill(grandchild, 0), -1);
}

/* Whether any readable memory of this process holds the bytes. The needle is kept inverted, so that
 * it is not found in itself. */
static bool memory_holds(const uint8_t inverted[32])
{
    FILE *maps = fopen("/proc/self/maps", "r");
    int mem = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    size_t size = 1 << 20;
    uint8_t *bytes = mem_alloc(size + 32);
    unsigned long low;
    unsigned long high;
    char rights[8];
    char line[512];
    bool found = false;

    assert_true(maps && mem >= 0);
    while (!found && fgets(line, sizeof(line), maps)) {
        assert_int_equal(sscanf(line, "%lx-%lx %7s", &low, &high, rights), 3);
        if (rights[0] != 'r')
            continue;
        for (unsigned long at = low; at < high && !found; at += size) {
            ssize_t n = pread(mem, bytes, high - at < size + 32 ? high - at : size + 32, (off_t)at);

            for (ssize_t i = 0; i + 32 <= n && !found; i++) {
                unsigned same = 0;

                while (same < 32 && (bytes[i + same] ^ inverted[same]) == 0xff)
                    same++;
                found = same == 32 && at + (unsigned long)i != (unsigned long)(uintptr_t)bytes;
            }
            mem_wipe(bytes, size + 32);
        }
    }
    fclose(maps);
    close(mem);
    free(bytes);
    return found;
}

static void the_programs_memory_never_holds_a_stored_key(void **state)
{
    struct str message = STR("m");
    struct key key;
    struct sig sig;
    char path[256];
    uint8_t inverted[32];
    uint8_t planted[32];

    (void)state;
    if (CONFINE_SANITIZED)
        skip(); /* a sanitizer reserves too many terabytes to search */
    assert_int_equal(signer_create(signer, "k", &key, NULL), 0);
    assert_int_equal(signer_sign(signer, &key, &message, 1, &sig, NULL), 0);
    key_path(path, &key);
    {
        CLEANUP(buf_wipe) struct buf file = {0};
        const char *hex;

        assert_int_equal(file_read(&file, path, 4096, NULL), 0);
        hex = strstr(buf_text(&file), "secret plain ");
        assert_non_null(hex);
        assert_true(hex_read(inverted, 32, (struct str){hex + 13, 64}));
        for (size_t i = 0; i < 32; i++)
            inverted[i] = (uint8_t)~inverted[i];
        mem_wipe(file.p, file.room);
    }
    assert_false(memory_holds(inverted));
    for (size_t i = 0; i < 32; i++)
        planted[i] = (uint8_t)~inverted[i];
    assert_true(memory_holds(inverted)); /* the search finds what is there */
    mem_wipe(planted, sizeof(planted));
}

static void a_seed_that_passed_through_is_wiped(void **state)
{
    uint8_t seed[32];
    uint8_t inverted[32];
    struct key key;

    (void)state;
    if (CONFINE_SANITIZED)
        skip(); /* a sanitizer reserves too many terabytes to search */
    assert_int_equal(signer_create_recovery(signer, &key, seed, NULL), 0);
    assert_int_equal(signer_load_seed(signer, seed, &key, NULL), 0);
    for (size_t i = 0; i < 32; i++)
        inverted[i] = (uint8_t)~seed[i];
    mem_wipe(seed, sizeof(seed));
    assert_false(memory_holds(inverted));
}

static void *sign_many(void *argument)
{
    const struct key *key = argument;
    size_t good = 0;

    for (int i = 0; i < 300; i++) {
        char text[64];
        struct sig sig;
        struct str message;

        snprintf(text, sizeof(text), "%d of %p", i, (void *)&sig);
        message = str_of(text);
        good += signer_sign(signer, key, &message, 1, &sig, NULL) == 0 && holds(&sig, message, key);
    }
    return (void *)good;
}

static void threads_sign_at_once(void **state)
{
    pthread_t threads[4];
    struct key key;

    (void)state;
    assert_int_equal(signer_create(signer, "k", &key, NULL), 0);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, sign_many, &key), 0);
    for (size_t i = 0; i < 4; i++) {
        void *good;

        pthread_join(threads[i], &good);
        assert_int_equal((size_t)good, 300);
    }
}

/* 0: its memory can be opened by another process of the same user; else errno. */
static int open_memory_of(pid_t pid)
{
    char path[64];
    CLEANUP_FD int fd = -1;

    snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    return fd >= 0 ? 0 : errno;
}

/* Root may look into everything, so as another user where the tests run as root. Exit status: 0 as
 * it should be, 1 not, 77 cannot be tried. */
static int look_inside_as_plain_user(void)
{
    struct signer *mine = NULL;
    char mine_folder[] = "/tmp/test_sys_signer.XXXXXX";
    int inside;
    int control;
    pid_t plain;

    if (getuid() == 0 && (setgid(65534) < 0 || setuid(65534) < 0))
        return 77;
    if (!mkdtemp(mine_folder) || signer_start(&mine, mine_folder, NULL))
        return 77;
    inside = child_of_this() ? open_memory_of(child_of_this()) : -1;
    signer_stop(mine);
    rmdir(mine_folder);
    plain = fork();
    if (plain == 0) {
        execl("/bin/sleep", "sleep", "5", NULL);
        _exit(1);
    }
    usleep(100000);
    control = open_memory_of(plain);
    kill(plain, SIGKILL);
    waitpid(plain, NULL, 0);
    if (inside < 0 || control != 0)
        return 77;
    return inside != EACCES;
}

static void another_process_of_the_user_cannot_look_inside(void **state)
{
    int status;
    pid_t pid = fork();

    (void)state;
    if (pid == 0)
        _exit(look_inside_as_plain_user());
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (WEXITSTATUS(status) == 77)
        skip();
    assert_int_equal(WEXITSTATUS(status), 0);
}

#define WITH_SIGNER(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        WITH_SIGNER(signatures_are_those_of_rfc_8032),
        WITH_SIGNER(a_batch_larger_than_a_frame_is_signed_in_order),
        WITH_SIGNER(many_empty_messages_are_signed),
        WITH_SIGNER(sizes_have_limits),
        WITH_SIGNER(a_label_without_sense_is_refused),
        WITH_SIGNER(openssl_confirms_a_signature),
        WITH_SIGNER(folder_and_files_are_closed_to_others),
        WITH_SIGNER(a_new_folder_is_made_and_one_that_cannot_be_is_told),
        WITH_SIGNER(keys_are_listed_in_the_order_of_their_making),
        WITH_SIGNER(an_empty_folder_lists_nothing),
        WITH_SIGNER(a_second_process_uses_the_same_keys),
        WITH_SIGNER(a_passphrase_seals_a_key),
        WITH_SIGNER(an_unknown_key_is_not_found),
        WITH_SIGNER(a_damaged_key_file_does_not_hide_the_others),
        WITH_SIGNER(a_recovery_key_is_given_once_and_loads_from_its_seed),
        WITH_SIGNER(a_box_opens_for_its_key_alone),
        WITH_SIGNER(a_file_of_age_opens_for_its_keys_alone),
        WITH_SIGNER(a_killed_signer_is_told_and_nothing_is_signed),
        WITH_SIGNER(the_signer_ends_with_its_program),
        WITH_SIGNER(the_programs_memory_never_holds_a_stored_key),
        WITH_SIGNER(a_seed_that_passed_through_is_wiped),
        WITH_SIGNER(threads_sign_at_once),
        cmocka_unit_test(another_process_of_the_user_cannot_look_inside),
    };

    signer_main_if_asked(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
