/* seal_smime.c: enveloped-data to one certificate (RFC 8551, RFC 5652), by OpenSSL. */
#include <openssl/cms.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include "notify/transfer.h"

static int check_certificate(X509 *cert, struct err *e)
{
    if (X509_cmp_current_time(X509_get0_notBefore(cert)) > 0)
        return err_set(e, ERR_FORMAT, "the recipient's certificate is not valid yet");
    if (X509_cmp_current_time(X509_get0_notAfter(cert)) < 0)
        return err_set(e, ERR_FORMAT, "the recipient's certificate has expired: ask for a new one");
    if (!(X509_get_key_usage(cert) & (KU_KEY_ENCIPHERMENT | KU_KEY_AGREEMENT)))
        return err_set(e, ERR_FORMAT, "the recipient's certificate is not one for encryption");
    return 0;
}

static int add_der(CMS_ContentInfo *cms, struct buf *out, struct err *e)
{
    unsigned char *der = NULL;
    int size = i2d_CMS_ContentInfo(cms, &der);

    if (size <= 0)
        return err_set(e, ERR_IO, "the message could not be encrypted");
    buf_add(out, der, (size_t)size);
    OPENSSL_free(der);
    return 0;
}

static int encrypt(X509 *cert, struct str body, struct buf *out, struct err *e)
{
    STACK_OF(X509) *to = sk_X509_new_null();
    BIO *in = BIO_new_mem_buf(body.p, (int)body.len);
    CMS_ContentInfo *cms = NULL;
    int code;

    if (to && in && sk_X509_push(to, cert))
        cms = CMS_encrypt(to, in, EVP_aes_256_cbc(), CMS_BINARY);
    code = cms ? add_der(cms, out, e)
               : err_set(e, ERR_FORMAT, "the recipient's certificate cannot be encrypted to");
    CMS_ContentInfo_free(cms);
    BIO_free(in);
    sk_X509_free(to);
    return code;
}

int seal_smime(const struct post *p, struct buf *out, struct err *e)
{
    const struct buf *key = &p->texts[POST_KEY];
    BIO *from = BIO_new_mem_buf(key->p, (int)key->len);
    X509 *cert = from ? PEM_read_bio_X509(from, NULL, NULL, NULL) : NULL;
    int code;

    BIO_free(from);
    if (!cert)
        return err_set(e, ERR_FORMAT, "the recipient's file is no certificate (PEM)");
    code = check_certificate(cert, e);
    if (!code)
        code = encrypt(cert, buf_str(&p->texts[POST_BODY]), out, e);
    X509_free(cert);
    return code;
}
