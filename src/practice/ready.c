/* ready.c: beforehand: a stick with all that is needed, and what is missing in the organisation
 * file. */
#include "practice/ready.h"
#include <sys/stat.h>
#include <sys/utsname.h>
#include "base/limits.h"
#include "base/sink.h"
#include "base/size.h"
#include "practice/stick.h"
#include "practice/texts.h"
#include "render/screen.h"
#include "sys/clock.h"
#include "sys/file.h"

struct readiness {
    struct stick stick;
    struct organisation *organisation;
    struct buf organisation_path;
    enum stick_organisation origin;
    struct buf faults; /* what a check of the stick found, as lines */
    size_t checked;
    bool was_written;
};

static void readiness_release(struct readiness *r)
{
    stick_release(&r->stick);
    organisation_free(r->organisation);
    buf_release(&r->organisation_path);
    buf_release(&r->faults);
}

static void machine_file(const struct answer *a, struct buf *path)
{
    if (a->around->state_folder)
        buf_addf(path, "%s/organisation.json", a->around->state_folder);
}

/* The file on the stick is somebody's work: it stays. Else the one of this machine, else an empty
 * one. */
static int choose_organisation(struct readiness *r, const struct answer *a, struct buf *bytes,
                               struct err *e)
{
    CLEANUP_BUF struct buf machine = {0};

    machine_file(a, &machine);
    if (file_is_there(buf_text(&r->organisation_path))) {
        r->origin = ORGANISATION_KEPT;
        return file_read(bytes, buf_text(&r->organisation_path), LIMIT_IMPORT_SIZE, e);
    }
    if (machine.len && file_is_there(buf_text(&machine))) {
        r->origin = ORGANISATION_COPIED;
        return file_read(bytes, buf_text(&machine), LIMIT_IMPORT_SIZE, e);
    }
    r->origin = ORGANISATION_EMPTY;
    buf_addstr(bytes, texts_data("organisation.json"));
    return 0;
}

static int put_organisation(struct readiness *r, const struct answer *a, struct err *e)
{
    CLEANUP_BUF struct buf bytes = {0};
    CLEANUP_BUF struct buf sheet = {0};
    int rc;

    buf_addf(&r->organisation_path, "%s/organisation.json", r->stick.folder);
    rc = choose_organisation(r, a, &bytes, e);
    if (rc == 0)
        rc = organisation_read_text(&r->organisation, buf_text(&r->organisation_path),
                                    buf_str(&bytes), e);
    if (rc == 0 && r->origin != ORGANISATION_KEPT)
        rc = file_create(buf_text(&r->organisation_path), buf_str(&bytes), 0600, e);
    if (rc)
        return rc;
    organisation_call_sheet(r->organisation, &sheet);
    return stick_put(&r->stick, "call-sheet.txt", buf_str(&sheet), 0600, e);
}

static int put_read_me(struct readiness *r, struct err *e)
{
    CLEANUP_BUF struct buf text = {0};
    struct utsname host;

    buf_adds(&text, "When something is wrong\n\n"
                    "  1  Read help/first-minutes.txt. People first.\n"
                    "  2  Phone from call-sheet.txt. Write on sheets/log-sheet.txt.\n"
                    "  3  On a machine that is not affected:   sh run-calm open\n"
                    "  4  At a machine that may be affected, as root, before anything is changed\n"
                    "     (write the folder in which this stick is in place of /media/stick):\n"
                    "       /media/stick/calm-collect --to /media/stick/recipient.txt \\\n"
                    "           --output /media/stick/\n"
                    "     It takes seconds, starts nothing and writes to the stick alone.\n"
                    "  5  Is it still going on? Pull the cable; then help/stop.txt.\n\n"
                    "run-calm, run-calm-verify and run-calm-image bring their own libraries, and\n"
                    "run on Linux ");
    if (uname(&host) == 0)
        buf_addf(&text, "on %s, ", host.machine);
    buf_adds(&text, "kernel 5.13 or newer; elsewhere use the pages and\n"
                    "the sheets.\n"
                    "If the stick forbids programs, copy its folder to a disk first.\n\n"
                    "playbooks/     step by step for a kind of incident, to read and as JSON\n"
                    "help/          one page for each practice\n"
                    "sheets/        to print: log, talks, evidence\n"
                    "glossary.txt   the words\n"
                    "SHA256SUMS     sha256sum -c SHA256SUMS: is all of it as it was written\n\n"
                    "organisation.json and call-sheet.txt hold names and numbers of people: keep\n"
                    "the stick locked away. organisation.json is yours to edit and is therefore\n"
                    "not on the list of hashes.\n");
    return stick_put(&r->stick, "READ-ME.txt", buf_str(&text), 0644, e);
}

static int write_stick(struct readiness *r, const struct answer *a, struct err *e)
{
    char person[256];
    int rc = folder_make(r->stick.folder, 0755, e);

    user_name(person, sizeof(person));
    /* First what may be refused: then nothing else was written. */
    if (rc == 0)
        rc = put_organisation(r, a, e);
    if (rc == 0)
        rc = put_read_me(r, e);
    if (rc == 0)
        rc = stick_put_texts(&r->stick, e);
    if (rc == 0)
        rc = stick_put_programs(&r->stick, e);
    if (rc == 0)
        rc = stick_put_recipient(&r->stick, a->around->key_folder, person, e);
    if (rc == 0)
        rc = stick_put_sums(&r->stick, e);
    if (rc == 0)
        r->was_written = true;
    return rc;
}

static int check_stick(struct readiness *r, struct err *e)
{
    int rc = stick_check(r->stick.folder, &r->faults, &r->checked, e);

    if (rc == ERR_NOTFOUND)
        return err_set(e, ERR_NOTFOUND, "%s is no stick of calm: it has no SHA256SUMS",
                       r->stick.folder);
    buf_addf(&r->organisation_path, "%s/organisation.json", r->stick.folder);
    if (rc == 0)
        rc = organisation_read_file(&r->organisation, buf_text(&r->organisation_path), e);
    return rc;
}

static int check_machine(struct readiness *r, const struct answer *a, struct err *e)
{
    machine_file(a, &r->organisation_path);
    if (!r->organisation_path.len || !file_is_there(buf_text(&r->organisation_path)))
        return 0;
    return organisation_read_file(&r->organisation, buf_text(&r->organisation_path), e);
}

static void show_gap(const struct str *m, struct screen *s)
{
    CLEANUP_BUF struct buf text = {0};

    buf_addf(&text, STR_FMT ". " STR_FMT, STR_ARG(m[MISSING_SAY]), STR_ARG(m[MISSING_WHY]));
    if (m[MISSING_WHERE].len)
        buf_addf(&text, "\n(" STR_FMT ")", STR_ARG(m[MISSING_WHERE]));
    screen_item(s, 4, STR("-"), buf_str(&text));
}

static const char *const ranks[] = {"must", "should", "may"};
static const char *const headings[] = {"Missing, and needed on the first night",
                                       "Missing, and missed soon", "Missing, and good to have"};

static void show_gaps(const struct organisation *o, struct screen *s)
{
    for (size_t k = 0; k < COUNT_OF(ranks); k++) {
        bool is_first = true;

        for (size_t i = 0; i < o->tables[ROW_MISSING].count; i++) {
            const struct str *m = organisation_row(o, ROW_MISSING, i);

            if (!str_is(m[MISSING_IMPORTANCE], ranks[k]))
                continue;
            if (is_first)
                screen_blank(s);
            if (is_first)
                screen_para_style(s, 0, SCREEN_BOLD, str_of(headings[k]));
            is_first = false;
            show_gap(m, s);
        }
    }
}

static void show_remarks(const struct organisation *o, struct screen *s)
{
    for (size_t i = 0; i < o->tables[ROW_REMARK].count; i++) {
        if (i == 0)
            screen_blank(s);
        screen_item(s, 4, STR("!"), organisation_row(o, ROW_REMARK, i)[0]);
    }
}

static size_t count_rank(const struct organisation *o, const char *rank)
{
    size_t count = 0;

    for (size_t i = 0; i < o->tables[ROW_MISSING].count; i++)
        count += str_is(organisation_row(o, ROW_MISSING, i)[MISSING_IMPORTANCE], rank);
    return count;
}

/* What was written must not scroll away: behind it, what is missing is only counted. */
static void show_gap_counts(const struct organisation *o, struct screen *s)
{
    if (o->tables[ROW_MISSING].count)
        screen_blank(s);
    for (size_t k = 0; k < COUNT_OF(ranks); k++) {
        size_t count = count_rank(o, ranks[k]);

        if (count)
            screen_printf(s, 0, "%s: %zu in the organisation file", headings[k], count);
    }
}

static void show_collector(const struct readiness *r, const struct answer *a, struct screen *s)
{
    CLEANUP_BUF struct buf line = {0};

    if (r->stick.has[STICK_COLLECTOR])
        screen_pair(s, 2, 12, STR("collector"),
                    STR("calm-collect, for machines that may be affected"));
    if (r->stick.has[STICK_HELPER])
        screen_pair(s, 2, 12, STR("to stop it"),
                    STR("bin/calm-contain, which run-calm starts to cut a host off"));
    if (r->stick.has[STICK_IMAGER])
        screen_pair(s, 2, 12, STR("disk images"),
                    STR("run-calm-image, which needs no case, or run-calm preserve image"));
    if (!r->stick.recipient_check[0])
        return;
    buf_addf(&line, "recipient.txt: what is collected can be opened by ");
    sink_terminal(&line, str_head(buf_str(&r->stick.recipient), 200), false);
    buf_addf(&line, ". Check digits %s: write them on the stick", r->stick.recipient_check);
    screen_pair(s, 2, 12, STR("sealed to"), buf_str(&line));
    buf_clear(&line);
    buf_adds(&line, "made now, for you had none; without it you cannot open what is collected: ");
    sink_terminal(&line, str_of(a->around->key_folder), false);
    if (r->stick.makes_key)
        screen_pair(s, 2, 12, STR("your key"), buf_str(&line));
}

static void show_written(const struct readiness *r, const struct answer *a, struct screen *s)
{
    static const char *const origins[] = {
        [ORGANISATION_KEPT] = "organisation.json was there and was left as it is",
        [ORGANISATION_COPIED] = "organisation.json, copied from this machine",
        [ORGANISATION_EMPTY] = "organisation.json, an empty one: fill it in"};
    CLEANUP_BUF struct buf line = {0};
    char size[SIZE_TEXT_SIZE];

    buf_addf(&line, "%s: %zu files, %s.", r->stick.folder, r->stick.file_count + 2,
             size_text(size, r->stick.size));
    screen_para(s, 0, buf_str(&line));
    buf_clear(&line);
    buf_addf(&line, "run-calm, run-calm-verify, and %zu libraries of their own",
             r->stick.library_count);
    screen_blank(s);
    screen_pair(s, 2, 12, STR("programs"), buf_str(&line));
    show_collector(r, a, s);
    screen_pair(s, 2, 12, STR("people"), str_of(origins[r->origin]));
    screen_pair(s, 2, 12, STR("to print"), STR("call-sheet.txt, and sheets/ for when all is down"));
    screen_pair(s, 2, 12, STR("to read"), STR("READ-ME.txt, help/, playbooks/, glossary.txt"));
    screen_pair(s, 2, 12, STR("hashes"), STR("SHA256SUMS of all but organisation.json"));
    screen_pair(s, 2, 12, STR("not on it"),
                STR("programs for other systems and processors; keys, cases, passwords"));
}

static void show_lines(struct str lines, struct screen *s)
{
    if (lines.len)
        screen_blank(s);
    while (lines.len)
        screen_item(s, 4, STR("!"), str_cut(&lines, '\n'));
}

/* A folder on the disk of this machine is gone when the machine is. */
static void show_place(const struct readiness *r, struct screen *s)
{
    struct stat there;
    struct stat here;

    if (stat(r->stick.folder, &there) == 0 && stat("/", &here) == 0 && there.st_dev == here.st_dev)
        show_lines(STR("this folder lies on the disk of this machine: copy it onto a stick"), s);
}

static void show_plan(const struct answer *a, struct screen *s)
{
    screen_para(s, 0,
                STR("calm ready FOLDER writes onto a stick: the programs with their libraries, the "
                    "organisation file, a call sheet and blank sheets to print, playbooks, help, "
                    "a glossary, and the hashes of it all. Nothing was written now."));
    if (!a->around->state_folder)
        return;
    screen_blank(s);
    screen_para(s, 0, STR("The organisation file of this machine is kept as"));
    screen_printf(s, 4, "%s/organisation.json", a->around->state_folder);
}

static void show_next(const struct readiness *r, struct screen *s)
{
    if (r->organisation && !r->organisation->tables[ROW_MISSING].count)
        screen_next(s, STR("calm help ready"),
                    STR("nothing is missing in the organisation file; use the stick once"));
    else if (r->was_written)
        screen_next(s, STR("calm ready FOLDER --check"),
                    STR("what is missing, one by one, and why; fill it in, and write again"));
    else
        screen_next(s, STR("calm ready FOLDER"),
                    STR("again, once the organisation file is filled in"));
}

static void show(const struct readiness *r, struct answer *a)
{
    struct screen s = {.out = &a->text, .columns = a->columns, .color = a->color};

    if (r->was_written)
        show_written(r, a, &s);
    else if (r->stick.folder)
        screen_printf(&s, 0, "%s: %zu files looked at.", r->stick.folder, r->checked);
    else
        show_plan(a, &s);
    show_lines(buf_str(&r->stick.remarks), &s);
    show_lines(buf_str(&r->faults), &s);
    if (r->stick.folder)
        show_place(r, &s);
    if (!r->organisation)
        show_lines(STR("there is no organisation file yet: calm ready FOLDER writes an empty one"),
                   &s);
    else if (r->was_written)
        show_gap_counts(r->organisation, &s);
    else
        show_gaps(r->organisation, &s);
    if (r->organisation)
        show_remarks(r->organisation, &s);
    screen_blank(&s);
    show_next(r, &s);
}

static void show_json(const struct readiness *r, struct answer *a)
{
    struct json j;

    json_begin(&j, &a->json);
    json_object_begin(&j);
    json_put_text(&j, "folder", r->stick.folder);
    json_put_bool(&j, "written", r->was_written);
    json_put_u64(&j, "files", r->was_written ? r->stick.file_count + 2 : r->checked);
    json_put_bool(&j, "collector", r->stick.has[STICK_COLLECTOR]);
    json_put_bool(&j, "helper", r->stick.has[STICK_HELPER]);
    json_put_bool(&j, "imager", r->stick.has[STICK_IMAGER]);
    json_put_str(&j, "recipient", str_of(r->stick.recipient_check));
    json_put_str(&j, "remarks", buf_str(&r->stick.remarks));
    json_put_str(&j, "faults", buf_str(&r->faults));
    json_put_str(&j, "organisation", buf_str(&r->organisation_path));
    json_name(&j, "missing");
    json_array_begin(&j);
    for (size_t i = 0; r->organisation && i < r->organisation->tables[ROW_MISSING].count; i++) {
        const struct str *m = organisation_row(r->organisation, ROW_MISSING, i);

        json_object_begin(&j);
        json_put_str(&j, "importance", m[MISSING_IMPORTANCE]);
        json_put_str(&j, "say", m[MISSING_SAY]);
        json_put_str(&j, "why", m[MISSING_WHY]);
        json_put_str(&j, "where", m[MISSING_WHERE]);
        json_object_end(&j);
    }
    json_array_end(&j);
    json_object_end(&j);
}

static int ready_job(struct session *none, const struct operation *op, const struct input *in,
                     struct answer *a, struct err *e)
{
    CLEANUP(readiness_release) struct readiness r = {0};
    CLEANUP_BUF struct buf folder = {0};
    int rc;

    (void)none;
    buf_addstr(&folder, input_value(op, in, "folder"));
    if (folder.len)
        r.stick.folder = buf_text(&folder);
    if (!folder.len)
        rc = check_machine(&r, a, e);
    else if (input_has(op, in, "check"))
        rc = check_stick(&r, e);
    else
        rc = write_stick(&r, a, e);
    if (rc)
        return rc;
    if (a->wants_json)
        show_json(&r, a);
    else
        show(&r, a);
    return 0;
}

static const struct field ready_fields[] = {
    {.name = "folder", .type = FIELD_PATH, .flags = FIELD_ARG, .help = "where the stick is"},
    {.name = "check",
     .type = FIELD_FLAG,
     .help = "only look: is the stick whole, and what is missing"},
};
const struct operation ready_operation = {
    .name = "ready",
    .practice = "calm",
    .help = "beforehand: a stick with all that is needed, and what is missing",
    .example = "calm ready /media/stick",
    .more = "Writes the programs with their libraries, calm-collect with the key that it seals "
            "to (recipient.txt: your own, which is made if you have none; one that is there "
            "stays), playbooks, help, a call sheet and blank "
            "sheets to print, a glossary and the hashes of it all. The organisation file on the "
            "stick is never overwritten; where there is none, the one of this machine is copied, "
            "or an empty one is written. Without a folder nothing is written.",
    OP_FIELDS(ready_fields),
    .type = OP_FREE,
    .faces = FACE_CLI,
    .job = ready_job};
