/* fuzz_template_read.c: a template that is read has its headers, and filling it cannot fail: each
 * brace belongs to a name that is known, and each part in brackets has a value. */
#include "practice/notify_template.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP_TEMPLATE struct notify_template t = {0};
    struct str rest, plain, part;
    struct err e;

    if (notify_template_parse(&t, "fuzz", (struct str){(const char *)data, size}, &e) != 0)
        return 0;
    if (!t.title.len || !t.roles.len || !t.subject.len || t.label >= TLP_COUNT || t.answer_s < 0)
        BUG("a template without its headers");
    for (rest = t.text; memchr(rest.p ? rest.p : "", '{', rest.len);) {
        struct str name;

        (void)str_cut(&rest, '{');
        name = str_cut(&rest, '}');
        if (!script_placeholder(name) && !str_is(name, "to") && !str_is(name, "word"))
            BUG("a placeholder that nobody can fill");
    }
    for (rest = t.text; notify_template_part(&rest, &plain, &part);)
        if (memchr(plain.p ? plain.p : "", ']', plain.len) || !memchr(part.p, '{', part.len) ||
            memchr(part.p, '[', part.len))
            BUG("a part that does not end, or that nothing can leave out");
    return 0;
}
