/* label.c: labels and roles as tables. */
#include "case/label.h"

const char *const tlp_names[TLP_COUNT + 1] = {"clear",        "green", "amber",
                                              "amber-strict", "red",   NULL};

static const char *const tlp_marks[TLP_COUNT] = {"TLP:CLEAR", "TLP:GREEN", "TLP:AMBER",
                                                 "TLP:AMBER+STRICT", "TLP:RED"};

const char *const role_names[ROLE_COUNT + 1] = {
#define X(code, name, highest, purpose) name,
    ROLES(X)
#undef X
        NULL};

static const struct {
    enum tlp highest;
    const char *purpose;
} role_table[ROLE_COUNT] = {
#define X(code, name, highest, purpose) {highest, purpose},
    ROLES(X)
#undef X
};

bool tlp_of(struct str name, enum tlp *out)
{
    for (int i = 0; i < TLP_COUNT; i++) {
        if (!str_is(name, tlp_names[i]))
            continue;
        *out = (enum tlp)i;
        return true;
    }
    return false;
}

const char *tlp_mark(enum tlp t)
{
    return tlp_marks[t];
}

static int role_index(struct str name)
{
    for (int i = 0; i < ROLE_COUNT; i++)
        if (str_is(name, role_names[i]))
            return i;
    return -1;
}

const char *role_purpose(struct str name)
{
    int i = role_index(name);

    return i < 0 ? "" : role_table[i].purpose;
}

unsigned roles_of(struct str lines)
{
    unsigned roles = 0;

    while (lines.len) {
        int i = role_index(str_cut(&lines, '\n'));

        if (i >= 0)
            roles |= 1u << i;
    }
    return roles;
}

void roles_show(struct buf *out, unsigned roles)
{
    const char *between = "";

    for (int i = 0; i < ROLE_COUNT; i++) {
        if (!(roles & 1u << i))
            continue;
        buf_addf(out, "%s%s", between, role_names[i]);
        between = ", ";
    }
}

enum tlp roles_clearance(unsigned roles)
{
    enum tlp highest = TLP_CLEAR;

    for (int i = 0; i < ROLE_COUNT; i++)
        if ((roles & 1u << i) && role_table[i].highest > highest)
            highest = role_table[i].highest;
    return highest;
}
