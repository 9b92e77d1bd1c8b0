/* model.c: looking up kinds by name and by record type. */
#include "case/model.h"

const struct kind *model_kind(const struct model *m, struct str name)
{
    for (size_t i = 0; i < m->kind_count; i++)
        if (str_is(name, m->kinds[i]->name))
            return m->kinds[i];
    return NULL;
}

const struct kind *model_type(const struct model *m, struct str type, bool *is_change)
{
    struct str rest = type;
    struct str name = str_cut(&rest, '/');

    if (!str_is(rest, "1"))
        return NULL;
    *is_change = str_ends(name, "-change");
    return model_kind(m, *is_change ? str_head(name, name.len - 7) : name);
}
