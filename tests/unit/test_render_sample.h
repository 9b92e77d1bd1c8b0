/* test_render_sample.h: a report of realistic size and content, invented, for the writers' tests.
 */
#pragma once
#include "render/doc.h"

static const struct utc sample_start = {1795484460, 0}; /* 2026-11-24 01:41:00 UTC, a Tuesday */

static struct utc sample_at(int64_t minutes)
{
    return utc_plus_s(sample_start, minutes * 60);
}

static void sample_summary(struct doc *d)
{
    struct inlines *t;

    doc_heading(d, 1, STR("Executive summary"));
    t = doc_lead(d);
    inline_text(t,
                "Over the night of 24 November 2026 a person unknown used the password of a "
                "supplier to enter the web shop's server and send some 41,000 unwanted mails. The "
                "shop was cut off for five hours and eleven minutes. No order and no payment was "
                "changed.");
    t = doc_para(d);
    inline_text(t, "Two causes met. The degraded disk array on ");
    inline_code(t, STR("db1"));
    inline_text(t,
                " is a hardware fault that began two hours earlier and has nothing to do with the "
                "intrusion ");
    inline_ref(t, (struct doc_ref){'r', 31});
    inline_text(t, ". It was ");
    inline_emph(t, STR("mistaken for part of the attack"));
    inline_text(t, " for the first fifty minutes, and that cost time ");
    inline_ref(t, (struct doc_ref){'r', 44});
    inline_text(t, ".");
    t = doc_para(d);
    inline_text(
        t, "The names and addresses of 1,204 customers were readable to the intruder. Whether "
           "they were read cannot be determined: the access log of the database was not kept. "
           "The supervisory authority was told 31 hours after the discovery, within the term of "
           "72 hours.");
    doc_callout(d, DOC_FACT, STR(""));
    t = doc_para(d);
    inline_text(t, "The intruder's first session began at ");
    inline_time(t, sample_at(0));
    inline_text(t, " from ");
    inline_code(t, STR("203.0.113.9"));
    inline_text(t,
                ", shown by the server's own log and by the provider's flow records, which agree "
                "to the second ");
    inline_ref(t, (struct doc_ref){'e', 4});
    inline_text(t, ".");
    doc_end(d);
    doc_callout(d, DOC_OPINION, STR("The customers' data was probably not the aim."));
    doc_para_text(
        d, "Nothing in the commands of the session points at the database, and the mails were "
           "of a kind that is sent from many hijacked servers. Confidence: moderate.");
    doc_end(d);
    doc_callout(d, DOC_GAP, STR("No one wrote between 02:10 and 02:48 UTC."));
    doc_para_text(
        d, "Three people were acting and none had been asked to document. What was done in "
           "these 38 minutes was written down later, from memory and from the shell's history.");
    doc_end(d);
    doc_callout(d, DOC_OVERRIDE, STR("Repair of db1 began before the assessment was signed."));
    t = doc_para(d);
    inline_text(t,
                "Ana Lindqvist, lead, with the reason: the second disk showed read errors and the "
                "rebuild could not wait ");
    inline_ref(t, (struct doc_ref){'r', 52});
    inline_text(t, ".");
    doc_end(d);
}

static void sample_scope(struct doc *d)
{
    static const struct doc_bar bars[] = {
        {{"web1, memory and live state", 27}, {"412 MB", 6}, 412},
        {{"web1, disk image", 16}, {"21.5 GB", 7}, 21500},
        {{"db1, array members (2)", 22}, {"8.0 GB", 6}, 8000},
        {{"mail relay, logs", 16}, {"96 MB", 5}, 96},
    };

    doc_heading(d, 1, STR("Scope, methods and limits"));
    doc_heading(d, 2, STR("What was examined"));
    doc_para_text(
        d, "Three systems were examined from their live state and from images: the web shop, "
           "its database and the mail relay. Workstations were asked for nothing, because no "
           "connection from the affected systems to any of them appears in the flow records "
           "of the firewall.");
    doc_bars(d, STR("Evidence taken, by source"), bars, COUNT_OF(bars));
    doc_heading(d, 2, STR("How"));
    doc_list(d, DOC_NUMBERS);
    inline_text(doc_item(d),
                "The state of each running system was recorded before anything was changed.");
    inline_text(doc_item(d),
                "Disks were imaged behind a read-only device; the image was read twice and "
                "gave the same SHA-256 both times.");
    inline_text(doc_item(d),
                "Log files were examined on a machine that took no part in the incident:");
    doc_list(d, DOC_BULLETS);
    inline_text(doc_item(d), "times were compared with the provider's records;");
    inline_text(doc_item(d), "the clock of db1 was found to be 4 seconds behind.");
    doc_end(d);
    inline_text(doc_item(d), "Every finding was weighed against each hypothesis by two people.");
    doc_end(d);
    doc_heading(d, 2, STR("Limits"));
    doc_para_text(d,
                  "Memory of db1 was not recorded: the machine was in the middle of a rebuild. The "
                  "database's access log was switched off in March, to save space; who read which "
                  "row cannot be said.");
    doc_pairs(d, DOC_DEFINITIONS);
    doc_pair_str(d, "Fault",
                 STR("Something broke by itself: hardware, power, cooling, an error of ours."));
    doc_pair_str(d, "Attack", STR("Someone meant to do it."));
    doc_pair_str(d, "Accident", STR("Someone did it and did not mean to."));
    doc_end(d);
}

static void sample_practices(struct doc *d)
{
    static const char *const practices[][2] = {
        {"Stay calm",
         "The first call was taken at 02:41 by Bo Ek, who noted the time by his watch and "
         "phoned Ana Lindqvist. Nothing was restarted."},
        {"Do no damage",
         "The configuration and the state of web1 were recorded before the first change. "
         "For db1 this was possible only in part."},
        {"Fully assess the situation",
         "Three systems were assessed, one after the other. The assessment "
         "was signed at 05:20 by both."},
        {"Identify your team",
         "Four people worked on the case. No one documented until 02:48; a deputy "
         "was named at 04:00."},
        {"Stop the incident",
         "web1 was cut off at 03:05, approved by Bo Ek, and stayed so until its "
         "owner signed at 08:16."},
    };

    doc_heading(d, 1, STR("How the incident was handled"));
    for (size_t i = 0; i < COUNT_OF(practices); i++) {
        doc_heading(d, 2, str_of(practices[i][0]));
        doc_para_text(d, practices[i][1]);
        doc_pairs(d, DOC_FACTS);
        doc_pair_str(d, "Done", STR("Yes, with one deviation"));
        doc_pair_str(d, "First action", STR("2026-11-24 02:41 UTC"));
        inline_ref(doc_pair(d, STR("Records")), (struct doc_ref){'r', 10 + 7 * i});
        doc_end(d);
    }
}

static void sample_event(struct doc *d, int64_t minutes, uint64_t record, const char *who,
                         const char *mark, const char *what)
{
    static const enum utc_precision precisions[] = {PRECISION_SECOND, PRECISION_MINUTE,
                                                    PRECISION_MINUTE, PRECISION_HOUR};
    struct doc_event event = {
        sample_at(minutes), precisions[record % 4], str_of(who), str_of(mark), {'r', record}};
    struct inlines *t = doc_timeline_event(d, &event);

    inline_text(t, what);
    if (record % 3 == 0) {
        inline_text(t, " Evidence: ");
        inline_ref(t, (struct doc_ref){'e', 1 + record % 6});
        inline_text(t, ".");
    }
}

static void sample_timeline(struct doc *d)
{
    static const struct doc_span spans[] = {
        {{"Intruder active on web1", 23}, {1795484460, 0}, {1795489560, 0}},
        {{"Array on db1 degraded", 21}, {1795477860, 0}, {1795514400, 0}},
        {{"Shop cut off", 12}, {1795489500, 0}, {1795508160, 0}},
        {{"Authority told", 14}, {1795510000, 0}, {1795510000, 0}},
    };
    static const char *const what[] = {
        "The array on db1 reports that a member has failed. The mail about it goes to an address "
        "that no one reads.",
        "First session of the supplier's account from an address abroad.",
        "The mail queue of web1 passes 1,000 messages and is noticed by the provider's filter.",
        "The provider phones. The number is that of the shop's owner, who passes it on.",
        "Ana Lindqvist opens the case and asks Bo Ek to join.",
        "Live state of web1 is recorded: processes, connections, mounts, accounts.",
        "An unknown program is seen in the temporary folder of web1; it holds a connection to port "
        "443 abroad.",
        "web1 is cut off from all networks but the console. Nothing is shut down.",
        "Eva Brandt, owner of the shop, is told that the shop is out and when she will hear next.",
        "The second disk of db1 shows read errors. Repair begins ahead of the assessment, on the "
        "lead's word.",
        "The image of web1 is complete; both readings give the same digest.",
        "The supplier confirms that the account was theirs and that its password was used "
        "elsewhere too.",
    };

    doc_heading(d, 1, STR("Timeline"));
    doc_spans(d, STR("The night at a glance"), spans, COUNT_OF(spans));
    doc_timeline(d);
    for (size_t i = 0; i < 36; i++)
        sample_event(d, (int64_t)i * 47 - 110, 17 + i, i % 3 ? "Ana Lindqvist" : "Bo Ek, by phone",
                     i % 5 == 3    ? "recorded 2 h later"
                     : i % 11 == 9 ? "override"
                                   : "",
                     what[i % COUNT_OF(what)]);
    doc_end(d);
}

static void sample_analysis(struct doc *d)
{
    static const struct str hypotheses[] = {{"Attack through the supplier's account", 37},
                                            {"Attack through a flaw of the shop's software", 44},
                                            {"Hardware fault of db1 alone", 27}};
    static const struct {
        const char *evidence;
        enum doc_weight weights[3];
    } rows[] = {
        {"Sessions of the supplier's account at night", {DOC_FOR, DOC_AGAINST, DOC_AGAINST}},
        {"Mail sent in bulk by a program in /var/tmp", {DOC_FOR, DOC_FOR, DOC_AGAINST}},
        {"No request to the shop's software that is out of the ordinary",
         {DOC_NEUTRAL, DOC_AGAINST, DOC_NEUTRAL}},
        {"Read errors on a disk of 61,000 hours", {DOC_NEUTRAL, DOC_NEUTRAL, DOC_FOR}},
        {"Array degraded two hours before the first session",
         {DOC_AGAINST, DOC_UNWEIGHED, DOC_FOR}},
    };

    doc_heading(d, 1, STR("Analysis"));
    doc_para_text(d, "Three hypotheses were kept until the evidence decided between them.");
    doc_matrix(d, STR("Hypotheses and evidence"), hypotheses, COUNT_OF(hypotheses));
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        doc_matrix_row(d, str_of(rows[i].evidence), (struct doc_ref){'e', i + 1}, rows[i].weights);
    doc_end(d);
    doc_heading(d, 2, STR("Conclusions, system by system"));
    doc_table(d, STR("Conclusions"),
              (struct doc_column[]){{"System", DOC_MONO},
                                    {"Conclusion", DOC_TEXT},
                                    {"Confidence", DOC_TEXT},
                                    {"Decided by", DOC_TEXT}},
              4);
    doc_row(d, (struct doc_ref){0});
    doc_cell_text(d, "web1");
    doc_cell_text(d, "Attack");
    doc_cell_text(d, "high");
    doc_cell_text(
        d,
        "Sessions from abroad, the program in the temporary folder, the supplier's own statement");
    doc_row(d, (struct doc_ref){0});
    doc_cell_text(d, "db1");
    doc_cell_text(d, "Fault; whether data was read is undetermined");
    doc_cell_text(d, "high; none");
    doc_cell_text(d, "Disk's own error counters; no access log");
    doc_end(d);
}

static void sample_evidence(struct doc *d)
{
    static const struct doc_column columns[] = {{"No.", DOC_TEXT},
                                                {"What", DOC_TEXT},
                                                {"Taken", DOC_TIME},
                                                {"Bytes", DOC_NUMBER},
                                                {"SHA-256 and MD5", DOC_MONO},
                                                {"Held by", DOC_TEXT}};
    static const char *const what[] = {
        "Live state of web1",      "Disk image of web1",      "Array member 0 of db1",
        "Provider's flow records", "Mail queue of the relay", "Statement of the supplier, signed"};

    doc_heading(d, 1, STR("Evidence"));
    doc_para_text(
        d, "Each piece was hashed when it was taken and again when this report was made; all "
           "digests agree.");
    doc_table(d, STR("Register of evidence"), columns, COUNT_OF(columns));
    for (size_t i = 0; i < 18; i++) {
        struct inlines *t;

        doc_row(d, (struct doc_ref){'e', i + 1});
        doc_cell_ref(d, (struct doc_ref){'e', i + 1});
        doc_cell_text(d, what[i % COUNT_OF(what)]);
        doc_cell_time(d, sample_at(90 + (int64_t)i * 13));
        doc_cell_u64(d, 1024 * 977 * (i + 1) * (i + 3));
        t = doc_cell(d);
        inline_text(t, "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08");
        inline_break(t);
        inline_text(t, "098f6bcd4621d373cade4e832627b4f6");
        doc_cell_text(d, i % 2 ? "Bo Ek" : "Ana Lindqvist");
    }
    doc_end(d);
}

static void sample_end(struct doc *d)
{
    doc_heading(d, 1, STR("Residual risk and signatures"));
    doc_list(d, DOC_CHECKBOXES);
    inline_text(doc_item(d),
                "The supplier's account is closed and replaced by one for each person.");
    inline_text(doc_item(d), "The database keeps its access log for ninety days.");
    inline_text(doc_item(d), "Mail from the arrays goes to the duty phone.");
    doc_end(d);
    doc_signature(d, &(struct doc_signature){
                         STR("Written by"), STR("I wrote this report from the record of the case."),
                         STR("Ana Lindqvist"), STR("a7c1 44e0 9b02 5d6f 83aa 1f09 c4d7 e652"),
                         sample_at(2900)});
    doc_signature(d, &(struct doc_signature){
                         STR("Reviewed by"), STR("I compared the findings with the evidence."),
                         STR("Bo Ek"), STR("03de 9917 5ab8 70c2 e1f4 6d35 28b9 a0cc"),
                         sample_at(2960)});
    doc_signature(
        d, &(struct doc_signature){.role = STR("Approved by"),
                                   .name = STR("Karin Holm, managing director"),
                                   .statement = STR("I accept the residual risk named above.")});
    doc_signature(d, &(struct doc_signature){.role = STR("For the owner of the shop")});
}

static void sample_appendix(struct doc *d)
{
    static const struct doc_column columns[] = {{"No.", DOC_TEXT},  {"Recorded", DOC_TIME},
                                                {"By", DOC_TEXT},   {"Kind", DOC_TEXT},
                                                {"What", DOC_TEXT}, {"Digest", DOC_MONO}};

    doc_page_break(d);
    doc_appendices(d);
    doc_heading(d, 1, STR("All records"));
    doc_table(d, STR("Records of the case"), columns, COUNT_OF(columns));
    for (size_t i = 0; i < 90; i++) {
        doc_row(d, (struct doc_ref){'r', i + 1});
        doc_cell_ref(d, (struct doc_ref){'r', i + 1});
        doc_cell_time(d, sample_at((int64_t)i * 19));
        doc_cell_text(d, i % 3 ? "ana" : "bo");
        doc_cell_text(d, i % 4 ? "note" : "evidence");
        doc_cell_text(
            d, i % 2 ? "Observation: load of web1 is back to what it was on Monday."
                     : "Told the provider that the queue is stopped; they lift the block at noon.");
        doc_cell_text(d, "5891b5b522d5df086d0ff0b110fbd9d2");
    }
    doc_end(d);
    doc_heading(d, 1, STR("How to verify this report"));
    doc_para_text(d, "This report is itself evidence and its digest stands in the journal.");
    doc_verbatim(d, STR("sha256sum report.html\n"
                        "calm-verify --witness notary.pub monday.cj1"));
}

static struct doc *sample_report(struct arena *a)
{
    struct doc *d = doc_new(
        a,
        &(struct doc_head){
            .title = STR("Report on the security incident of 24 November 2026"),
            .subtitle = STR("Misuse of a supplier's account on the web shop, and a disk fault in "
                            "the same night"),
            .case_name = STR("Case monday \xc2\xb7 Nordwind Handels GmbH"),
            .privilege = STR("Privileged and confidential. Prepared at the direction of counsel."),
            .tlp = DOC_TLP_AMBER_STRICT,
            .status = DOC_REVIEWED});

    doc_pairs(d, DOC_FACTS);
    doc_pair_str(d, "Kind", STR("Attack, and a hardware fault that is independent of it"));
    inline_time(doc_pair(d, STR("Opened")), sample_at(61));
    inline_time(doc_pair(d, STR("Closed")), sample_at(2880));
    doc_pair_str(d, "Lead", STR("Ana Lindqvist; deputy Bo Ek"));
    doc_pair_str(d, "Distribution", STR("Managing director, counsel, data protection officer"));
    inline_code(doc_pair(d, STR("Case number")), STR("4be1c7a0 92f3 45d8"));
    doc_end(d);
    doc_contents(d);
    doc_page_break(d);
    sample_summary(d);
    sample_scope(d);
    sample_practices(d);
    sample_timeline(d);
    sample_analysis(d);
    sample_evidence(d);
    sample_end(d);
    sample_appendix(d);
    return d;
}
