/* test_journal_line.h: one line of a journal, typed by hand from doc/format/journal.md §3 and §4.
 */
#pragma once
#include "test_journal_make.h"

/* Its signature is only digits. */
#define CASE "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define PREV "ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100"
#define KEY "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ID "deadbeefdeadbeefdeadbeefdeadbeef"
#define BOOT "000102030405060708090a0b0c0d0e0f"
#define COMMIT "a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0"
#define REF "11111111111111112222222222222222"
#define SIG KEY PREV
#define HEAD                                                                                       \
    "{\"id\":\"" ID "\",\"case\":\"" CASE "\",\"seen\":[41,\"" PREV                                \
    "\"],\"time\":\"2026-11-25T03:12:09.000000001Z\",\"boot\":\"" BOOT                             \
    "\",\"mono\":123456789,\"clock\":\"ntp\",\"by\":\"" KEY                                        \
    "\",\"type\":\"note/1\",\"tlp\":\"amber\",\"scope\":\"team\",\"public\":{\"count\":7,"         \
    "\"list\":[1,\"a b\",2],\"none\":[],\"word\":\"x/y\"},\"fields\":{\"action\":\"" COMMIT        \
    "\",\"text\":\"" PREV "\"},\"refs\":[\"" REF "\",\"" ID "\"]"
#define STATEMENT HEAD ",\"sig\":\"" SIG "\"}"
#define LINE                                                                                       \
    "{\"v\":1,\"case\":\"" CASE "\",\"seq\":42,\"prev\":\"" PREV                                   \
    "\",\"epoch\":0,\"logged\":\"2026-11-25T03:12:10.500000000Z\",\"statement\":" STATEMENT "}"

static inline UNUSED struct entry read_line(struct str line)
{
    struct entry entry;
    struct err e;

    if (entry_read(&entry, line, &e) != 0)
        fail_msg("%s: " STR_FMT, e.text, STR_ARG(line));
    return entry;
}

/* text within a table */
#define LIT(text)                                                                                  \
    {                                                                                              \
        "" text, sizeof(text) - 1                                                                  \
    }
