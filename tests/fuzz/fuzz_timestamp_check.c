/* fuzz_timestamp_check.c: a time stamp of any bytes is refused or over the text; the corpus holds
 * stamps of the authority below, whose key was thrown away. */
#include "journal/anchor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char authority[] = "-----BEGIN CERTIFICATE-----\n"
                                "MIIBfjCCASOgAwIBAgIUG8DYtGe0Bbrw3jRN+nKG2jJAWBwwCgYIKoZIzj0EAwIw\n"
                                "FDESMBAGA1UEAwwJRnV6emVkIENBMB4XDTI2MTEyNTIxNDcwNVoXDTM2MTEyMjIx\n"
                                "NDcwNVowFDESMBAGA1UEAwwJRnV6emVkIENBMFkwEwYHKoZIzj0CAQYIKoZIzj0D\n"
                                "AQcDQgAElSBUKgi+E3IbfI2f5YDsLSF6LfZO0d3edHnnXIYiI+bnhAfi8MvOBPzJ\n"
                                "TFBxeV2pMG4SGacZJhaeihE9ekO3GqNTMFEwHQYDVR0OBBYEFGzo03Z5ibCC8Wxw\n"
                                "C93j/Kp+UFFdMB8GA1UdIwQYMBaAFGzo03Z5ibCC8WxwC93j/Kp+UFFdMA8GA1Ud\n"
                                "EwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSQAwRgIhAIEHAJ7TECkJE4hceggdRY8O\n"
                                "GFKqxHfMNKAaY6OMpt8BAiEAk6a5MHTJYVqbWtbS719C6A4Tfqcn7dm/DghKAkBg\n"
                                "bO0=\n"
                                "-----END CERTIFICATE-----\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str der = {(const char *)data, size};
    struct str text = STR("cj/1/00\n7\nAAAA\n");
    struct utc bare;
    struct utc checked;
    struct err e;
    int without = timestamp_check(der, text, STR(""), &bare, &e);
    int with = timestamp_check(der, text, str_of(authority), &checked, &e);

    if (with == 0 && (without != 0 || utc_cmp(bare, checked) != 0))
        BUG("a stamp holds with its authority and not without");
    if (timestamp_check(der, STR("another text"), STR(""), &bare, &e) == 0 && without == 0)
        BUG("a stamp is over two texts");
    return 0;
}
