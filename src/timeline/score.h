/* score.h: how many lines of the places that are looked at a format of lines knows. */
#pragma once
#include "timeline/look.h"

enum { SCORE_HOSTS_MOST = 16 };

struct score {
    const struct format *format;
    unsigned looked; /* lines, of which the format was asked of so many: */
    unsigned lines, understood;
    bool is_sure;                       /* one is a line of its own alone */
    unsigned sure;                      /* of those understood: whatever else knows them */
    size_t place;                       /* where the line stands that is asked */
    uint8_t sure_places;                /* bits */
    bool is_first_sure, is_last_sure;   /* the first line of all, the last */
    unsigned indented;                  /* behind the last event */
    struct str hosts[SCORE_HOSTS_MOST]; /* that lines which may be another program's name */
    size_t host_count;
};

/* What a line is to a format that r was begun with. */
enum line_verdict score_ask(struct reader *r, struct str line, struct event *e);
/* Whether a line is one of none of the formats that r was begun with. */
bool score_is_declined(struct reader *r, struct str line, struct event *e);
/* before: formats of the source, of lines that all of them decline; NULL: of all lines. */
struct score score_of(struct look *l, const struct format *format, const struct recognised *before);
/* Whether the format may be taken: it makes events of most lines, and of more than best. */
bool score_is_better(const struct score *s, const struct score *best);
/* Whether some lines are the format's for sure, all along the source or at an end of it. */
bool score_is_part(const struct score *s);
/* Whether it may be read so, where parts of the source can then no more be read side by side. */
bool score_is_worth(const struct score *s);
/* Of two such formats, which goes before. */
bool score_is_surer(const struct score *s, const struct score *than);
/* Whether the format may be one of several of a source. */
bool score_may_share(const struct format *f);
