/* test_journal_authority.h: certificates of throw-away authorities, and the openssl program as the
 * second opinion on their stamps. */
#pragma once
#include "test_journal_make.h"
#include <fcntl.h>
#include <openssl/cms.h>
#include <openssl/pem.h>
#include <openssl/ts.h>
#include <openssl/x509v3.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#include "journal/anchor.h"

static char folder[64]; /* for the files that the program reads */

static const char *file_of(char out[128], const char *name)
{
    snprintf(out, 128, "%s/%s", folder, name);
    return out;
}

static const char *write_file(char out[128], const char *name, struct str bytes)
{
    FILE *f = fopen(file_of(out, name), "wb");

    assert_non_null(f);
    assert_int_equal(fwrite(bytes.p, 1, bytes.len, f), bytes.len);
    fclose(f);
    return out;
}

/* The exit status of a program that prints nothing here; −1 where it cannot be started. */
static int run(const char *const *argv)
{
    extern char **environ;
    posix_spawn_file_actions_t actions;
    pid_t child;
    int status = -1;

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    if (posix_spawnp(&child, argv[0], &actions, NULL, (char *const *)argv, environ) == 0)
        waitpid(child, &status, 0);
    posix_spawn_file_actions_destroy(&actions);
    return status >= 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static bool has_openssl(void)
{
    return run((const char *const[]){"openssl", "version", NULL}) == 0;
}

/* Whether the openssl program takes the token, bare or in a response, at that time. */
static bool openssl_takes(struct str der, struct str text, struct str pem, int64_t at_s, bool bare)
{
    char token[128], data[128], authority[128], at[32];

    snprintf(at, sizeof(at), "%lld", (long long)at_s);
    write_file(token, "token", der);
    write_file(data, "data", text);
    write_file(authority, "authority.pem", pem);
    return run((const char *const[]){"openssl", "ts", "-verify", "-data", data, "-in", token,
                                     "-CAfile", authority, "-partial_chain", "-attime", at,
                                     bare ? "-token_in" : NULL, NULL}) == 0;
}

/* A certificate and its key. */
struct holder {
    X509 *certificate;
    EVP_PKEY *key;
};

static void add_extension(X509 *certificate, int nid, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

    assert_non_null(extension);
    assert_int_equal(X509_add_ext(certificate, extension, -1), 1);
    X509_EXTENSION_free(extension);
}

static struct holder issue(const char *name, const struct holder *issuer, const char *purpose,
                           int64_t from_s, int64_t to_s)
{
    static long serial = 1;
    struct holder h = {X509_new(), EVP_EC_gen("P-256")};
    X509_NAME *subject = X509_get_subject_name(h.certificate);

    assert_non_null(h.key);
    X509_set_version(h.certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(h.certificate), serial++);
    ASN1_TIME_set(X509_getm_notBefore(h.certificate), from_s);
    ASN1_TIME_set(X509_getm_notAfter(h.certificate), to_s);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
    X509_set_issuer_name(h.certificate,
                         issuer ? X509_get_subject_name(issuer->certificate) : subject);
    X509_set_pubkey(h.certificate, h.key);
    if (!issuer)
        add_extension(h.certificate, NID_basic_constraints, "critical,CA:TRUE");
    if (purpose)
        add_extension(h.certificate, NID_ext_key_usage, purpose);
    assert_true(X509_sign(h.certificate, issuer ? issuer->key : h.key, EVP_sha256()) > 0);
    return h;
}

static void holder_release(struct holder *h)
{
    X509_free(h->certificate);
    EVP_PKEY_free(h->key);
}

static void add_pem(struct buf *out, X509 *certificate)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *text;
    long size;

    assert_int_equal(PEM_write_bio_X509(bio, certificate), 1);
    size = BIO_get_mem_data(bio, &text);
    buf_add(out, text, (size_t)size);
    BIO_free(bio);
}
