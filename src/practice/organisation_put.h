/* organisation_put.h: drafts one row of an organisation file as things of a case, unless they are
 * in it already. Internal to organisation_load.c. */
#pragma once
#include "practice/organisation.h"

struct putting {
    struct decision *d;
    const char *source;
    size_t channels;
};
void put_person(struct putting *p, const struct str *row);
void put_contact(struct putting *p, const struct str *row);
void put_system(struct putting *p, const struct str *row);
void put_backup(struct putting *p, const struct str *row);
void put_channel(struct putting *p, const struct organisation *o, size_t at);
void put_law(struct putting *p, const struct str *row);
