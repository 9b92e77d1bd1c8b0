/* observe.c: goes through a snapshot by the rules of rules.def and tells what they notice. */
#include "base/mem.h"
#include "collect/rules.h"

enum { TOLD_ONE_BY_ONE = 20 };

struct rule {
    const char *section;
    rule_see *see;
    unsigned weight;
};

static const struct collect_rule_text texts[] = {
#define RULE(code, section, function, hint, weight, title, harmless) {code, hint, title, harmless},
#include "collect/rules.def"
#undef RULE
};

static const struct rule rules[] = {
#define RULE(code, section, function, hint, weight, title, harmless) {section, function, weight},
#include "collect/rules.def"
#undef RULE
};

size_t collect_rules(const struct collect_rule_text **out)
{
    *out = texts;
    return COUNT_OF(texts);
}

const char *collect_hint_name(enum collect_hint hint)
{
    static const char *const names[] = {"fault", "attack", "either"};

    return names[hint];
}

struct observing {
    const struct document *d;
    struct members *m;
    struct buf words;
    collect_observed *observed;
    void *context;
    struct err *e;
};

static int tell(struct observing *o, size_t rule, struct str line)
{
    struct collect_observation observation = {.code = texts[rule].code,
                                              .hint = texts[rule].hint,
                                              .weight = rules[rule].weight,
                                              .words = buf_str(&o->words),
                                              .harmless = texts[rule].harmless,
                                              .evidence = line};

    return o->observed(o->context, &observation, o->e);
}

static int apply(struct observing *o, size_t rule, struct rule_facts *facts)
{
    size_t told = 0;
    size_t more = 0;
    struct str last = {"", 0};
    int code = 0;

    for (size_t i = 0; i < o->d->count && code == 0; i++) {
        const struct item *item = &o->d->items[i];

        if (!str_is(item->section, rules[rule].section))
            continue;
        if (!members_read(o->m, item->line))
            BUG("a line that was read before");
        buf_clear(&o->words);
        if (members_true(o->m, "self") || !rules[rule].see(facts, item, o->m, &o->words))
            continue;
        if (told < TOLD_ONE_BY_ONE) {
            code = tell(o, rule, item->line);
            told++;
        } else {
            more++;
            last = item->line;
        }
    }
    if (code == 0 && more) {
        buf_clear(&o->words);
        buf_addf(&o->words, "And %zu more of this kind: %s.", more, texts[rule].title);
        code = tell(o, rule, last);
    }
    return code;
}

int collect_observe(struct str text, collect_observed *observed, void *context, struct err *e)
{
    struct document d;
    struct rule_facts facts;
    struct observing o = {.d = &d, .observed = observed, .context = context, .e = e};
    int code = document_read(&d, text, "the snapshot", e);

    if (code < 0)
        return code;
    o.m = mem_new(struct members);
    rule_facts_read(&facts, &d, o.m);
    for (size_t i = 0; i < COUNT_OF(rules) && code == 0; i++)
        code = apply(&o, i, &facts);
    buf_release(&o.words);
    free(o.m);
    document_release(&d);
    return code;
}
