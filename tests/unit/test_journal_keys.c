/* Powers, revocations, holds and redactions (doc/format/journal.md §9). */
#include "test_journal_script.h"
#include "journal/ed25519.h"

static void a_case_begins_with_its_lead_and_names_the_recovery_key(void **state)
{
    struct pair recovery = pair_of('R');
    struct scene s;

    (void)state;
    scene_begin(&s);
    assert_null(keyring_recovery(s.keyring));
    TELL(&s, "= L none", "= L stands", "L case R", "= L lead", "= R none", "= free", "= own",
         "L note");
    assert_memory_equal(keyring_recovery(s.keyring)->b, recovery.key.b, 32);
    scene_end(&s);
    keyring_free(NULL);
}

/* What each power may sign, and nothing else; on error the keyring is as it was. */
static void each_power_may_sign_what_the_document_gives_it(void **state)
{
    static const struct {
        const char *lead, *member, *log, *recovery, *stranger;
    } rows[] = {
        {"L note", "M note", "G note !", "R note !", "X note !"},
        {"L enrol A member", "M enrol B member !", "G enrol B member !", "R enrol C member",
         "X enrol X lead !"},
        {"L revoke A 1", "M revoke C 1 !", "G revoke C 1 !", "R revoke C 1", "X revoke L 1 !"},
        {"L hold set", "M hold set !", "G hold set !", "R hold set !", "X hold set !"},
        {"L checkpoint L 1", "M checkpoint M 1", "G checkpoint G 1", "R checkpoint L 1 !",
         "X checkpoint L 1 !"},
        {"L anchor page 1", "M anchor page 1", "G anchor page 1 !", "R anchor page 1 !",
         "X anchor page 1 !"},
        {"L redact-request 0 text", "M redact-request 0 text", "G redact-request 0 text !",
         "R redact-request 0 text !", "X redact-request 0 text !"},
        {"L merge 1 2 0 1,1,1", "M merge 1 2 0 1,1,1", "G merge 1 2 0 1,1,1 !",
         "R merge 1 2 0 1,1,1 !", "X merge 1 2 0 1,1,1 !"},
    };
    struct scene s;

    (void)state;
    scene_begin(&s);
    TELL(&s, "L case R", "L enrol M member", "L enrol G log", "= M member", "= G log");
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        TELL(&s, rows[i].log, rows[i].recovery, rows[i].stranger, rows[i].lead, rows[i].member);
    scene_end(&s);
}

static void record_0_is_a_case_and_no_other_is(void **state)
{
    struct scene s;

    (void)state;
    scene_begin(&s);
    TELL(&s, "L note !", "L enrol L lead !", "L case L !", "L case R", "L case R !", "L note");
    scene_end(&s);
}

/* The good case/1, with one thing wrong at a time. */
static void record_0_says_that_nothing_stands_before_it(void **state)
{
    static const struct {
        const char *from;
        const char *to;
    } bad[] = {
        {"\"case\":\"0000", "\"case\":\"0001"},
        {"\"statement\":{\"id\":\"00000000000000000000000000000000\",\"case\":\"00",
         "\"statement\":{\"id\":\"00000000000000000000000000000000\",\"case\":\"01"},
        {"\"prev\":\"00", "\"prev\":\"10"},
        {"\"seen\":[0,\"00", "\"seen\":[1,\"00"},
        {"\"seen\":[0,\"00", "\"seen\":[0,\"01"},
        {"\"refs\":[]", "\"refs\":[\"00000000000000000000000000000000\"]"},
        {"\"seq\":0", "\"seq\":1"},
        {"cj/1\",\"key", "cj/2\",\"key"},
        {"\"policy\":\"default\"", "\"policy\":\"De\""},
    };
    struct scene s;
    CLEANUP_BUF struct buf line = {0};

    (void)state;
    scene_begin(&s);
    TELL(&s, "L case R");
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct keyring *k = keyring_new();
        enum key_trust trust;
        struct entry entry;

        make_replaced(&line, buf_str(&s.line), bad[i].from, bad[i].to);
        assert_int_equal(entry_read(&entry, buf_str(&line), &s.err), 0);
        if (keyring_add(k, &entry, &trust, &s.err) != ERR_TAMPER)
            fail_msg("%s is taken", bad[i].to);
        keyring_free(k);
    }
    scene_end(&s);
}

static void a_line_stands_where_its_number_says(void **state)
{
    struct scene s;

    (void)state;
    scene_begin(&s);
    TELL(&s, "L case R", "L note");
    s.seq = 1;
    TELL(&s, "L note !");
    s.seq = 3;
    TELL(&s, "L note !");
    s.seq = 2;
    TELL(&s, "L note");
    scene_end(&s);
}

static void enrolments_follow_their_rules(void **state)
{
    struct scene s;

    (void)state;
    scene_begin(&s);
    TELL(&s, "L case R", "L enrol R member !", "L enrol M member", "M note",
         /* an enrolled key's power is replaced, up and down */
         "L enrol M lead", "= M lead", "M enrol A member", "L enrol M log", "= M log", "M note !",
         "M checkpoint M 1", "L enrol M member", "M note",
         /* by the recovery key as well, even of a new lead */
         "R enrol N lead", "= N lead", "N hold set", "= hold",
         /* never again what was revoked */
         "N revoke M 2", "= M none", "N enrol M member !", "R enrol M member !",
         /* the lead may give the lead away */
         "N enrol L member", "L enrol B member !", "= L member");
    scene_end(&s);
}

static void revocations_follow_their_rules(void **state)
{
    struct scene s;

    (void)state;
    scene_begin(&s);
    TELL(&s, "L case R", "L enrol M member", "M note", "L revoke X 1 !", "L revoke R 1 !",
         "L revoke M 0 !", "L revoke M 4 !", "= M member", "L revoke M 3", "= M from 3", "= M none",
         "M note !", "M checkpoint L 1 !", "L checkpoint M 1 !",
         /* an earlier place may be learned of later; a later one changes nothing */
         "L revoke M 2", "= M from 2", "L revoke M 4", "= M from 2",
         /* the lead can revoke itself, and then signs nothing */
         "L revoke L 6", "= L from 6", "L note !", "R enrol N lead", "N note");
    scene_end(&s);
}

static void a_revocation_takes_along_what_the_key_enrolled_since(void **state)
{
    struct scene s;

    (void)state;
    scene_begin(&s);
    TELL(&s, "L case R", "L enrol K lead", "K enrol A lead", "A enrol B member", /* 3 */
         "K enrol C lead", "C enrol D member", "L enrol E log",                  /* 6 */
         "C enrol E member", "B note", "D note", "E note",                       /* 10 */
         "= 5 trusted", "= 10 trusted", "R revoke K 4", "= K from 4",
         /* A was enrolled before the place from which K is revoked */
         "= 2 trusted", "= A lead", "= B member", "= 8 trusted",
         /* C at 4, so D at 5; E keeps what L gave it, which is too little for a note */
         "= 4 fell", "= 5 fell", "= 7 fell", "= 9 fell", "= 10 fell", "= 6 trusted", "= C none",
         "= D none", "= E log", "= C stands", "E note !", "E checkpoint E 1", "D note !", "A note",
         "L note");
    scene_end(&s);
}

static void a_key_has_the_power_that_its_last_trusted_enrolment_gave(void **state)
{
    struct scene s;

    (void)state;
    scene_begin(&s);
    TELL(&s, "L case R", "L enrol K lead", "L enrol J lead", "L enrol A member", /* 3 */
         "K enrol A log", "J enrol A lead", "K enrol A log", "= A log",          /* 6 */
         "R revoke K 6", "= A lead", "A enrol B member", "B note",               /* 9 */
         "R revoke K 4", "= A lead", "= 8 trusted", "= 9 trusted",               /* 10 */
         /* A was a member at 8, and could not enrol B */
         "R revoke J 5", "= A member", "= B none", "= 8 fell", "= 9 fell", "B note !", "A note",
         "= 12 trusted", "R revoke L 3", "= A none", "= 12 fell", "= K from 4", "= J from 5",
         "= A stands", "A note !");
    scene_end(&s);
    scene_begin(&s);
    /* the first key has its case/1, which never falls */
    TELL(&s, "L case R", "L enrol K lead", "K enrol L member", "L note", "R revoke K 1", "= L lead",
         "= 0 trusted", "= 2 fell", "= 3 trusted");
    scene_end(&s);
}

static void records_between_a_fallen_and_an_honest_enrolment_are_not_trusted(void **state)
{
    struct scene s;

    (void)state;
    scene_begin(&s);
    TELL(&s, "L case R", "L enrol K lead", "L enrol J lead", "K enrol A lead", "A enrol B member",
         "B note", "J enrol A lead", "A hold set", /* 7 */
         "R revoke K 3", "= A lead", "= 3 fell", "= 4 fell", "= 5 fell", "= B none", "B note !",
         "= 7 trusted", "= hold", "A enrol B member", "B note", "= B member", "= 10 trusted",
         "= 5 fell", "R revoke J 6", "= A none", "= 7 fell", "= 9 fell", "= 10 fell", "= free",
         "B note !", "A note !",
         /* no revocation names A: it may be enrolled again, and then has power from there on */
         "L enrol A member", "A note", "= 13 trusted", "= 7 fell");
    scene_end(&s);
    scene_begin(&s);
    /* K enrolled it twice, and loses first the one and then the other */
    TELL(&s, "L case R", "L enrol K lead", "K enrol A lead", "A enrol B member", "K enrol A log",
         "= A log", "L revoke K 4", "= A lead", "= 3 trusted", "L revoke K 1", "= A none",
         "= 3 fell");
    scene_end(&s);
}

static void no_two_keys_hold_each_other_up(void **state)
{
    struct scene s;

    (void)state;
    scene_begin(&s);
    TELL(&s, "L case R", "L enrol T lead", "T enrol J lead", "J enrol K lead", /* 3 */
         "K enrol J lead", "J enrol J lead", "K enrol K lead", "J hold set",   /* 7 */
         "K note", "L revoke T 2", "= T from 2", "= J none", "= K none", "= 1 trusted", "= 2 fell",
         "= 3 fell", "= 4 fell", "= 5 fell", "= 6 fell", "= 7 fell", "= 8 fell", "= free",
         "J note !", "K enrol J lead !", "K revoke L 1 !", "= L lead", "L note");
    scene_end(&s);
}

static void a_lead_enrolled_by_a_revoked_key_cannot_undo_it(void **state)
{
    struct scene s;

    (void)state;
    scene_begin(&s);
    TELL(&s, "L case R", "L enrol K lead", "K enrol A lead", "L revoke K 2", "= A none",
         "A revoke L 1 !", "K revoke L 1 !", "= L lead");
    scene_end(&s);
}

/* A stolen lead key revokes the others; the recovery key revokes it from before that, and begins
 * anew with new keys. */
static void a_revocation_stands_whatever_becomes_of_its_signer(void **state)
{
    struct scene s;

    (void)state;
    scene_begin(&s);
    TELL(&s, "L case R", "R enrol K lead", "L enrol M member", "M note", "K revoke M 3",
         "= M from 3", "K revoke L 1", /* 5 */
         /* M's enrolment, by L, fell with L */
         "= L from 1", "= 2 fell", "= 3 fell", "= K lead", "L note !", "= 4 trusted",
         "R revoke K 4", "= K from 4", "= L from 1", "= M from 3", "= 4 fell", "= 5 fell",
         "L note !", "M note !", "K note !", "R enrol L lead !", "R enrol M member !",
         "R enrol N lead", "N note");
    scene_end(&s);
}

static void the_revoking_record_itself_stands(void **state)
{
    struct scene s;

    (void)state;
    scene_begin(&s);
    /* K revokes L from before L enrolled K: K's own enrolment falls, the revocation does not */
    TELL(&s, "L case R", "L enrol K lead", "K revoke L 1", "= L from 1", "= 1 fell", "= 2 fell",
         "= L none", "= K none", "L note !", "K note !", "R enrol N lead", "N note",
         "R enrol K member", "K note", "= 2 fell");
    scene_end(&s);
}

static void leads_who_revoke_one_another_are_all_revoked(void **state)
{
    struct scene s;

    (void)state;
    scene_begin(&s);
    TELL(&s, "L case R", "L enrol A lead", "L enrol B lead", "L enrol C lead", "L note", "B note",
         "A revoke B 5", "= B from 5", "B note !", "C revoke A 6", "= A from 6", "= B from 5",
         "B note !", "B revoke C 4 !", "L revoke C 7", "= A from 6", "= B from 5", "= C from 7",
         "A note !", "C note !", "L note");
    scene_end(&s);
}

/* What was enrolled once can be revoked, even when nothing is left of it. */
static void a_key_that_fell_can_be_revoked_by_itself(void **state)
{
    struct scene s;

    (void)state;
    scene_begin(&s);
    TELL(&s, "L case R", "L enrol K lead", "L note", "K enrol A member", "A note", "L revoke K 3",
         "= A none", "= 4 fell", "L revoke A 4", "= A from 4", "L revoke A 1", "= A from 1",
         "L enrol A member !");
    scene_end(&s);
}

static void a_legal_hold_is_in_force_until_lifted(void **state)
{
    struct scene s;

    (void)state;
    scene_begin(&s);
    TELL(&s, "L case R", "L enrol K lead", "= free", "L hold set", "= hold", "L hold set", "= hold",
         "L hold lifted", "= free",
         /* a hold that a revoked lead set does not bind, and one it lifted is back */
         "K hold set", "= hold", "L revoke K 2", "= free");
    scene_end(&s);
    scene_begin(&s);
    TELL(&s, "L case R", "L enrol K lead", "K hold set", "L revoke K 2", "= free");
    scene_end(&s);
    scene_begin(&s);
    TELL(&s, "L case R", "L enrol K lead", "L hold set", "K hold lifted", "= free", "L revoke K 3",
         "= hold");
    scene_end(&s);
}

static void a_redaction_needs_two_trusted_people_and_no_hold(void **state)
{
    struct scene s;

    (void)state;
    scene_begin(&s);
    TELL(&s, "L case R", "L enrol M member", "L enrol N member", "M note", /* 3 */
         "M redact-request 3 text,who",                                    /* 4 */
         "M redact-request 3 text",                                        /* 5 */
         "L redact-approve 4", "L redact-approve 4", "M redact-approve 4", /* 6, 7, 8 */
         "M redact-approve 5", "N redact-approve 4",                       /* 9, 10 */
         "L redact-approve 3 !", "L redact-approve 99 !",
         /* one person twice; two requests; unknown; another target; other names */
         "L redact 6,7 3 text,who !", "L redact 6,9 3 text,who !", "L redact 6,99 3 text,who !",
         "L redact 6,4 3 text,who !", "L redact 6,8 2 text,who !", "L redact 6,8 3 text !",
         "L redact 6,8 3 who,text !", "L redact 6 3 text,who !", "L hold set",
         "L redact 6,8 3 text,who !", "L hold lifted", "L redact 6,8 3 text,who",
         "M redact 6,7,8 3 text,who",
         /* an approval by a key revoked since counts no more */
         "L revoke N 10", "L redact 6,10 3 text,who !", "L redact 6,8 3 text,who");
    scene_end(&s);
}

static void checkpoints_and_anchors_are_of_what_stands_before_them(void **state)
{
    struct scene s;

    (void)state;
    scene_begin(&s);
    TELL(&s, "L case R", "L enrol G log", "L checkpoint G 0 !", "L checkpoint G 3 !",
         "L checkpoint X 1 !", "L checkpoint R 1 !", "L checkpoint G 2", "L anchor page 0 !",
         "L anchor page 4 !", "L anchor page 1 AAAA !", "L anchor page 3",
         "L anchor witness 3 AAAA", "L anchor rfc3161 3 AAAA", "L anchor rfc3161 3 AAA !",
         "L anchor fax 3 !");
    scene_end(&s);
}

/* Each known type with a `public` that is not its own. */
static void public_members_are_exactly_those_of_the_type(void **state)
{
#define HASH64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ID32 "\"0123456789abcdef0123456789abcdef\""
#define SIG64 HASH64 HASH64
#define B64                                                                                        \
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=="
    static const struct {
        const char *type;
        const char *text;
    } bad[] = {
        {"enrol/1", ""},
        {"enrol/1", "\"key\":\"" HASH64 "\",\"power\":\"member\""},
        {"enrol/1", "\"key\":\"" HASH64 "\",\"power\":\"boss\",\"proof\":\"" SIG64 "\""},
        {"enrol/1", "\"key\":\"" HASH64 "\",\"power\":\"member\",\"proof\":\"" HASH64 "\""},
        {"enrol/1", "\"key\":\"" HASH64 "\",\"power\":7,\"proof\":\"" SIG64 "\""},
        {"enrol/1", "\"key\":7,\"power\":\"member\",\"proof\":\"" SIG64 "\""},
        {"enrol/1",
         "\"key\":\"" HASH64 "\",\"name\":\"x\",\"power\":\"member\",\"proof\":\"" SIG64 "\""},
        {"enrol/1", "\"key\":\"" HASH64 "\",\"power\":\"member\",\"proof\":\"" SIG64 "\",\"x\":1"},
        {"revoke/1", "\"from\":\"1\",\"key\":\"" HASH64 "\""},
        {"revoke/1", "\"from\":[1],\"key\":\"" HASH64 "\""},
        {"revoke/1", "\"key\":\"" HASH64 "\""},
        {"redact-request/1", "\"names\":[],\"target\":\"\""},
        {"redact-request/1", "\"names\":\"text\",\"target\":" ID32},
        {"redact-request/1", "\"names\":[1],\"target\":" ID32},
        {"redact-request/1", "\"names\":[\"Text\"],\"target\":" ID32},
        {"redact-approve/1", "\"request\":7"},
        {"redact/1", "\"approvals\":[" ID32 "],\"names\":[\"text\"],\"target\":" ID32},
        {"redact/1", "\"approvals\":[" ID32 ",7],\"names\":[\"text\"],\"target\":" ID32},
        {"redact/1", "\"approvals\":" ID32 ",\"names\":[\"text\"],\"target\":" ID32},
        {"hold/1", "\"state\":\"on\""},
        {"hold/1", "\"reason\":\"x\",\"state\":\"set\""},
        {"checkpoint/1",
         "\"key\":\"" HASH64 "\",\"root\":\"" HASH64 "\",\"sig\":\"AAAA\",\"size\":1"},
        {"checkpoint/1",
         "\"key\":\"" HASH64 "\",\"root\":\"" HASH64 "\",\"sig\":\"" SIG64 "\",\"size\":1"},
        {"checkpoint/1", "\"key\":\"" HASH64 "\",\"root\":\"\",\"sig\":\"" B64 "\",\"size\":1"},
        {"anchor/1",
         "\"kind\":\"page\",\"name\":7,\"root\":\"" HASH64 "\",\"size\":1,\"token\":\"\""},
        {"anchor/1", "\"kind\":\"page\",\"name\":\"\",\"root\":\"" HASH64
                     "\",\"size\":1,\"token\":\"\",\"x\":1"},
        {"merge/1", "\"count\":1,\"fork\":1,\"head\":\"" HASH64 "\",\"root\":\"" HASH64
                    "\",\"size\":2,\"skip\":[1,1]"},
        {"merge/1", "\"count\":1,\"fork\":1,\"head\":\"" HASH64 "\",\"root\":\"" HASH64
                    "\",\"size\":2,\"skip\":[\"1\",1,1]"},
        {"merge/1", "\"count\":1,\"fork\":1,\"head\":\"" HASH64 "\",\"root\":\"" HASH64
                    "\",\"size\":2,\"skip\":0"},
        {"merge/1", "\"count\":1,\"fork\":1,\"head\":\"" HASH64 "\",\"root\":\"" HASH64
                    "\",\"size\":2,\"skip\":[],\"zip\":[]"},
    };
    struct scene s;

    (void)state;
    scene_begin(&s);
    TELL(&s, "L case R");
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        scene_say(&s, 'L', bad[i].type, 0, bad[i].text);
        if (s.code != ERR_TAMPER)
            fail_msg("%s with %s is %s", bad[i].type, bad[i].text, err_name(s.code));
        assert_int_equal(entry_check_signatures(&s.entry, &s.err), ERR_TAMPER);
    }
    /* other types say what they like */
    scene_say(&s, 'L', "holds/1", 0, "\"state\":\"on\",\"x\":[1,\"b\"]");
    assert_int_equal(s.code, 0);
    scene_end(&s);
}

static void a_known_type_of_another_version_and_an_epoch_are_from_a_later_time(void **state)
{
    static const char *const types[] = {
        "case/2",  "enrol/2",          "revoke/999", "hold/2",       "redact/3",
        "merge/2", "redact-approve/2", "anchor/7",   "checkpoint/2", "redact-request/2"};
    struct scene s;

    (void)state;
    scene_begin(&s);
    scene_say(&s, 'L', "case/2", 0, "");
    assert_int_equal(s.code, ERR_NEWER);
    TELL(&s, "L case R");
    for (size_t i = 0; i < COUNT_OF(types); i++) {
        scene_say(&s, 'L', types[i], 0, "");
        assert_int_equal(s.code, ERR_NEWER);
        assert_int_equal(entry_check_signatures(&s.entry, &s.err), ERR_NEWER);
    }
    scene_say(&s, 'L', "note/1", 1, "");
    assert_int_equal(s.code, ERR_NEWER);
    scene_say(&s, 'L', "note/2", 0, "");
    assert_int_equal(s.code, 0);
    scene_end(&s);
}

/* Changes one thing of the last line and signs its statement anew or not. */
static int signatures_after(struct scene *s, const char *from, const char *to)
{
    CLEANUP_BUF struct buf line = {0};
    struct entry entry;

    make_replaced(&line, buf_str(&s->line), from, to);
    assert_int_equal(entry_read(&entry, buf_str(&line), &s->err), 0);
    return entry_check_signatures(&entry, &s->err);
}

static void every_signature_of_an_entry_is_checked(void **state)
{
    CLEANUP_BUF struct buf text = {0};
    struct scene s;
    struct scene other;

    (void)state;
    scene_begin(&s);
    scene_begin(&other);
    TELL(&s, "L case R");
    assert_int_equal(entry_check_signatures(&s.entry, &s.err), 0);
    assert_int_equal(signatures_after(&s, "\"amber\"", "\"red\""), ERR_TAMPER);
    TELL(&s, "L enrol M member");
    assert_int_equal(entry_check_signatures(&s.entry, &s.err), 0);
    TELL(&s, "L checkpoint M 1");
    assert_int_equal(entry_check_signatures(&s.entry, &s.err), 0);
    TELL(&s, "L note");
    assert_int_equal(entry_check_signatures(&s.entry, &s.err), 0);
    /* a proof for another case, in a statement that is signed well */
    scene_enrol_text(&text, &other, 'N', "member");
    scene_say(&s, 'L', "enrol/1", 0, buf_text(&text));
    assert_int_equal(entry_check_signatures(&s.entry, &s.err), ERR_TAMPER);
    assert_non_null(strstr(s.err.text, "proof"));
    /* a checkpoint of another case */
    buf_clear(&text);
    scene_checkpoint_text(&text, &other, 'M', 1);
    scene_say(&s, 'L', "checkpoint/1", 0, buf_text(&text));
    assert_int_equal(entry_check_signatures(&s.entry, &s.err), ERR_TAMPER);
    assert_non_null(strstr(s.err.text, "checkpoint"));
    scene_end(&s);
    scene_end(&other);
}

static void many_keys_are_kept_apart(void **state)
{
    struct scene s;
    char text[64];

    (void)state;
    scene_begin(&s);
    TELL(&s, "L case R");
    for (int c = 0x80; c < 0x100; c++) {
        snprintf(text, sizeof(text), "L enrol %c %s", c, c & 1 ? "member" : "log");
        scene_hear(&s, text);
    }
    for (int c = 0x80; c < 0x100; c++) {
        struct pair p = pair_of((uint8_t)(char)c);

        assert_int_equal(keyring_power(s.keyring, &p.key), c & 1 ? POWER_MEMBER : POWER_LOG);
    }
    scene_end(&s);
}

/* The rules of trust as the document tells them, without regard to cost. */
struct plain {
    char by;
    char verb; /* 'c'ase, 'e'nrol, 'r'evoke, 'h'old, 'n'ote, 'm'erge */
    char key;
    enum key_power power;
    uint64_t from;
    bool is_set;
    bool stands;     /* a revocation */
    bool is_without; /* an enrolment of a key that was revoked */
    bool is_merged;
    bool trusted; /* by what is known now */
};

static bool plain_allows(const struct plain *r, enum key_power power)
{
    if (r->by == 'R')
        return r->verb == 'e' || r->verb == 'r';
    return power == POWER_LEAD || (power == POWER_MEMBER && (r->verb == 'n' || r->verb == 'm'));
}

static bool plain_is_named(const struct plain *r, size_t count, char key, uint64_t at)
{
    for (size_t i = 0; i < count; i++)
        if (r[i].verb == 'r' && r[i].stands && r[i].key == key && r[i].from <= at)
            return true;
    return false;
}

static enum key_power plain_power(const struct plain *r, size_t place, char key)
{
    for (size_t i = place; i-- > 0;)
        if ((r[i].verb == 'c' || r[i].verb == 'e') && r[i].key == key && r[i].trusted &&
            !r[i].is_without)
            return r[i].power;
    return POWER_NONE;
}

/* The records before count, by the revocations before known. */
static void plain_judge(struct plain *r, size_t count, size_t known)
{
    for (size_t i = 0; i < count; i++)
        r[i].trusted = r[i].verb == 'c' || (plain_allows(&r[i], plain_power(r, i, r[i].by)) &&
                                            !plain_is_named(r, known, r[i].by, i));
}

static bool plain_hold(const struct plain *r, size_t count)
{
    for (size_t i = count; i-- > 0;)
        if (r[i].verb == 'h' && r[i].trusted)
            return r[i].is_set;
    return false;
}

static uint32_t random_below(uint32_t *seed, uint32_t bound)
{
    *seed = *seed * 1664525 + 1013904223;
    return (*seed >> 8) % bound;
}

/* Makes up a record for the place n, and says it; a merged one came through a merge from fork. */
static struct plain random_record(uint32_t *seed, const struct plain *r, size_t n, bool is_merged,
                                  uint64_t fork, char text[64])
{
    static const char *const powers[] = {"", "log", "member", "lead"};
    struct plain out = {.by = "LLABCDER"[random_below(seed, 8)],
                        .verb = "eeeeeerhhnn"[random_below(seed, 11)],
                        .key = "LABCDE"[random_below(seed, 6)]};

    if (out.verb == 'e') {
        out.power = (enum key_power)("\1\2\3\3\3\3"[random_below(seed, 6)]);
        out.is_without = plain_is_named(r, n, out.key, UINT64_MAX);
        snprintf(text, 64, "%c enrol %c %s", out.by, out.key, powers[out.power]);
    } else if (out.verb == 'r') {
        out.from = 1 + random_below(seed, (uint32_t)n);
        snprintf(text, 64, "%c revoke %c %u", out.by, out.key, (unsigned)out.from);
        out.from = is_merged && fork < out.from ? fork : out.from;
    } else if (out.verb == 'h') {
        out.is_set = random_below(seed, 2);
        snprintf(text, 64, "%c hold %s", out.by, out.is_set ? "set" : "lifted");
    } else {
        snprintf(text, 64, "%c note", out.by);
    }
    return out;
}

static void compare_with_plain(const struct scene *s, const struct plain *r)
{
    for (const char *key = "LABCDE"; *key; key++) {
        struct pair p = pair_of((uint8_t)*key);
        bool named = plain_is_named(r, s->seq, *key, UINT64_MAX);

        assert_int_equal(keyring_power(s->keyring, &p.key),
                         named ? POWER_NONE : plain_power(r, s->seq, *key));
    }
    for (uint64_t i = 0; i < s->seq; i++)
        if (scene_trusts(s, i) != r[i].trusted)
            fail_msg("before record %u, record %u is %s", (unsigned)s->seq, (unsigned)i,
                     r[i].trusted ? "fallen" : "trusted");
    assert_int_equal(keyring_legal_hold(s->keyring), plain_hold(r, s->seq));
}

static void tell_random(uint32_t seed)
{
    struct plain r[60] = {{.by = 'L', .verb = 'c', .key = 'L', .power = POWER_LEAD}};
    uint64_t left = 0;
    uint64_t fork = 0;
    char text[64];
    char sentence[72];
    struct scene s;

    scene_begin(&s);
    TELL(&s, "L case R");
    for (unsigned tries = 0; tries < 200 && s.seq < COUNT_OF(r); tries++) {
        size_t n = (size_t)s.seq;
        struct plain *now = &r[n];
        bool was_taken;

        *now = random_record(&seed, r, n, left > 0, fork, text);
        if (!left && random_below(&seed, 12) == 0) {
            *now = (struct plain){.by = 'L', .verb = 'm'};
            for (fork = 1 + random_below(&seed, (uint32_t)n); fork < n && r[fork].is_merged;)
                fork++; /* else what the copy begins with is merged there too */
            snprintf(text, 64, "L merge %u %u 8", (unsigned)fork, (unsigned)fork + 8);
        }
        plain_judge(r, n + 1, n);
        /* rules of their own, which the other tests are about */
        if (!left && ((now->verb == 'e' && now->is_without) || now->verb == 'r')) {
            struct pair p = pair_of((uint8_t)now->key);

            if (now->verb == 'e' || !powers_was_enrolled(s.keyring, &p.key))
                continue;
        }
        was_taken = left || now->trusted;
        snprintf(sentence, sizeof(sentence), "%s%s", text,
                 now->trusted                       ? ""
                 : !was_taken                       ? " !"
                 : plain_is_named(r, n, now->by, n) ? " x"
                                                    : " ~");
        scene_hear(&s, sentence);
        if (!was_taken)
            continue;
        now->stands = now->verb == 'r' && now->trusted;
        now->is_merged = left > 0;
        left = now->verb == 'm' ? 8 : left ? left - 1 : 0;
        plain_judge(r, n + 1, n + 1);
        compare_with_plain(&s, r);
    }
    scene_end(&s);
}

static void random_journals_are_judged_as_the_document_says(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= 100; seed++)
        tell_random(seed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_case_begins_with_its_lead_and_names_the_recovery_key),
        cmocka_unit_test(each_power_may_sign_what_the_document_gives_it),
        cmocka_unit_test(record_0_is_a_case_and_no_other_is),
        cmocka_unit_test(record_0_says_that_nothing_stands_before_it),
        cmocka_unit_test(a_line_stands_where_its_number_says),
        cmocka_unit_test(enrolments_follow_their_rules),
        cmocka_unit_test(revocations_follow_their_rules),
        cmocka_unit_test(a_revocation_takes_along_what_the_key_enrolled_since),
        cmocka_unit_test(a_key_has_the_power_that_its_last_trusted_enrolment_gave),
        cmocka_unit_test(records_between_a_fallen_and_an_honest_enrolment_are_not_trusted),
        cmocka_unit_test(no_two_keys_hold_each_other_up),
        cmocka_unit_test(a_lead_enrolled_by_a_revoked_key_cannot_undo_it),
        cmocka_unit_test(a_revocation_stands_whatever_becomes_of_its_signer),
        cmocka_unit_test(the_revoking_record_itself_stands),
        cmocka_unit_test(leads_who_revoke_one_another_are_all_revoked),
        cmocka_unit_test(a_key_that_fell_can_be_revoked_by_itself),
        cmocka_unit_test(a_legal_hold_is_in_force_until_lifted),
        cmocka_unit_test(a_redaction_needs_two_trusted_people_and_no_hold),
        cmocka_unit_test(checkpoints_and_anchors_are_of_what_stands_before_them),
        cmocka_unit_test(public_members_are_exactly_those_of_the_type),
        cmocka_unit_test(a_known_type_of_another_version_and_an_epoch_are_from_a_later_time),
        cmocka_unit_test(every_signature_of_an_entry_is_checked),
        cmocka_unit_test(many_keys_are_kept_apart),
        cmocka_unit_test(random_journals_are_judged_as_the_document_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
