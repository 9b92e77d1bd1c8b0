/* unlawful.c: material that is unlawful to possess is found: who, when, where, and the item is
 * sealed. */
#include "practice/unlawful.h"
#include "practice/texts.h"

static const struct field unlawful_fields[] = {
    FIELD_CALLED("what", "in one plain sentence and no more"),
    {.name = "where", .type = FIELD_LINE, .help = "device, place, account"},
    {.name = "seen-by", .type = FIELD_LINE, .flags = FIELD_MANY, .help = "who came upon it"},
    {.name = "doing", .type = FIELD_LINE, .help = "what they were doing, and why"},
    {.name = "locked", .type = FIELD_LINE, .help = "where the device is locked away"},
    {.name = "key-holder", .type = FIELD_LINE, .help = "who has the key"},
    {.name = "told",
     .type = FIELD_LINE,
     .flags = FIELD_MANY,
     .help = "who was told: counsel, police, and their reference"},
    {.name = "system", .type = FIELD_REF, .kind = "system", .help = "on which system"},
    {.name = "evidence",
     .type = FIELD_REF,
     .flags = FIELD_MANY,
     .kind = "evidence",
     .help = "items that hold it or may hold it: they are sealed"},
};

const struct kind unlawful_kind = {.name = "unlawful",
                                   .prefix = "u",
                                   .words = "material unlawful to possess",
                                   .change_words = "unlawful material: more",
                                   KIND_FIELDS(unlawful_fields)};

static bool is_named(struct str ids, const struct thing *t)
{
    while (ids.len) {
        struct id id;

        if (hex_read(id.b, sizeof(id.b), str_cut(&ids, '\n')) && id_eq(&id, &t->id))
            return true;
    }
    return false;
}

static bool is_to_be_sealed(const struct view *v, struct str ids, const struct thing *t)
{
    const struct thing *other;

    /* The same bytes under another number are the same material. */
    if (is_named(ids, t))
        return true;
    for (size_t at = 0; (other = view_next(v, "evidence", &at));)
        if (is_named(ids, other) && evidence_shares_bytes(t, other))
            return true;
    return false;
}

static void seal_items(struct decision *d, struct str ids)
{
    const struct thing *t;

    for (size_t at = 0; (t = view_next(d->view, "evidence", &at));) {
        const struct record *made;
        struct draft *dr;

        if (!is_to_be_sealed(d->view, ids, t) || evidence_is_sealed(t))
            continue;
        /* Whoever sees the item must see that it is sealed. */
        made = state_record(d->view->state, t->seq);
        dr = decision_add(d, "evidence-change/1");
        dr->tlp = (enum tlp)made->tlp;
        dr->scope = str_of(state_scope(d->view->state, made));
        draft_ref(dr, &t->id);
        draft_value(dr, "unlawful", STR("yes"));
    }
}

/* Nothing was taken yet, and nothing must be: the device itself goes on the register. */
static struct id register_device(struct decision *d, enum tlp tlp)
{
    static const struct {
        const char *from, *to;
    } follow[] = {{"locked", "place"}, {"key-holder", "holder"}};
    struct str where = input_value(d->op, d->input, "where");
    struct draft *dr = decision_add(d, "evidence/1");
    struct id system;

    dr->tlp = tlp;
    draft_value(dr, "title",
                where.len ? where : STR("the device that holds material unlawful to possess"));
    draft_value(dr, "sort", STR("device"));
    draft_value(dr, "unlawful", STR("yes"));
    for (size_t i = 0; i < COUNT_OF(follow); i++)
        if (input_has(d->op, d->input, follow[i].from))
            draft_value(dr, follow[i].to, input_value(d->op, d->input, follow[i].from));
    if (input_id(d->op, d->input, "system", &system))
        draft_value_ref(d, dr, "system", &system);
    return dr->id;
}

void unlawful_steps(struct buf *out)
{
    struct str rest = texts_help("unlawful.txt");
    bool is_step = false;

    while (rest.len) {
        struct str line = str_cut(&rest, '\n');

        if (line.len > 2 && line.p[0] == ' ' && line.p[1] >= '0' && line.p[1] <= '9')
            is_step = true;
        else if (!str_starts(line, "   "))
            is_step = false;
        if (!is_step)
            continue;
        buf_addstr(out, line);
        buf_addc(out, '\n');
    }
}

/* Where the sentence is nothing but calls of items, "e1 e4", these are meant, and no device: their
 * ids as lines; empty where it is a sentence. */
static struct str items_of_words(const struct decision *d)
{
    static const struct field which = {.name = "evidence", .type = FIELD_REF, .kind = "evidence"};
    struct str rest = input_value(d->op, d->input, "what");
    CLEANUP_BUF struct buf ids = {0};

    while (rest.len) {
        struct str word = str_cut(&rest, ' ');
        uint64_t number;
        struct id id;

        if (!word.len)
            continue;
        if (word.p[0] != 'e' || !str_u64(str_from(word, 1), &number) ||
            view_resolve(d->view, &which, word, &id, NULL))
            return STR("");
        if (ids.len)
            buf_addc(&ids, '\n');
        hex_add(&ids, id.b, sizeof(id.b));
    }
    return str_of(arena_strdup(d->arena, buf_text(&ids)));
}

static void draft_items(struct draft *dr, struct str ids)
{
    draft_value(dr, "evidence", ids);
    while (ids.len) {
        struct id id;

        if (hex_read(id.b, sizeof(id.b), str_cut(&ids, '\n')))
            draft_ref(dr, &id);
    }
}

static int decide_unlawful(struct decision *d, struct err *e)
{
    struct str items = input_value(d->op, d->input, "evidence");
    struct str in_words = items.len ? STR("") : items_of_words(d);
    /* Only those are told who must know. */
    enum tlp tlp = d->input->has_tlp ? d->input->tlp : TLP_RED;
    struct id device = {0};
    struct draft *dr;

    (void)e;
    if (items.len || in_words.len)
        seal_items(d, items.len ? items : in_words);
    else
        device = register_device(d, tlp);
    dr = decision_add(d, "unlawful/1");
    dr->tlp = tlp;
    draft_take_input(d, dr, &unlawful_kind);
    if (in_words.len)
        draft_items(dr, in_words);
    else if (!items.len)
        draft_value_ref(d, dr, "evidence", &device);
    buf_adds(&d->say, "\nIt is not your fault. From here on:\n\n");
    unlawful_steps(&d->say);
    buf_adds(&d->say, "\nNext:  calm call COUNSEL \"what was said\"\n"
                      "       calm help unlawful        the whole page\n");
    return 0;
}

const struct operation unlawful_found = {
    .name = "preserve unlawful",
    .practice = "preserve",
    .help = "material unlawful to possess was found: record it, seal the item, and stop",
    .example = "calm preserve unlawful \"a folder of pictures\" --where \"laptop 0815, room 3\" "
               "--seen-by bo --locked \"safe, room 2\" --key-holder ana",
    .more = "Refuses nothing and asks for nothing more than one sentence. Where no item of the "
            "register is named, by --evidence or as the whole of the sentence, the device itself "
            "is put on it. A sealed item is never shown, "
            "indexed, scanned or exported by calm. The record is TLP:RED unless you say otherwise; "
            "when it was seen is told by --at.",
    OP_FIELDS(unlawful_fields),
    .kind = &unlawful_kind,
    .type = OP_CHANGE,
    .faces = FACE_ALL,
    .records = WORDS("unlawful/1", "evidence/1", "evidence-change/1"),
    .decide = decide_unlawful};
