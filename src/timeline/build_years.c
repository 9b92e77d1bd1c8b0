/* build_years.c: what workers tell of the times of a source, so that its lines get their years and
 * their hours: checked, and put together. */
#include "timeline/build_lanes.h"

enum { RUNS_KEPT = 1 << 18 }; /* of which the years of a source follow */

int build_unsound(struct err *e)
{
    return err_set(e, ERR_TAMPER, "the worker sent what no sound one sends");
}

/* Of each part, so that those of all have room; the same for a source whoever reads it. */
static size_t runs_most(const struct building *b)
{
    size_t share = RUNS_KEPT / b->looked.part_count;

    return share < YEAR_RUNS_MOST ? YEAR_RUNS_MOST : share > YEAR_RUNS_ALL ? YEAR_RUNS_ALL : share;
}

int build_take_runs(struct lane *l, struct str body, struct err *e)
{
    struct years_part *part = &l->building->counted[l->parts[0]];

    if (body.len % sizeof(struct year_run))
        return build_unsound(e);
    for (; body.len; body = str_from(body, sizeof(struct year_run))) {
        struct year_run run;

        memcpy(&run, body.p, sizeof(run));
        if (!year_run_is_sound(&run, PART_SIZE))
            return build_unsound(e);
        year_runs_add(&part->runs, &run, runs_most(l->building));
    }
    return 0;
}

int build_take_hosts(struct lane *l, struct str body, struct err *e)
{
    if (body.len % sizeof(struct year_host) ||
        body.len / sizeof(struct year_host) > YEAR_STAYS_MOST)
        return build_unsound(e);
    for (; body.len; body = str_from(body, sizeof(struct year_host))) {
        struct year_host host;

        memcpy(&host, body.p, sizeof(host));
        if (!year_host_is_sound(&host, PART_SIZE))
            return build_unsound(e);
        year_hosts_add(&l->building->hosts, &host);
    }
    return 0;
}

int build_take_counted(struct lane *l, struct str body, struct err *e)
{
    struct years_part *part = &l->building->counted[l->parts[0]];
    struct build_counted c;

    if (body.len != sizeof(c))
        return build_unsound(e);
    memcpy(&c, body.p, sizeof(c));
    if (c.strays > PART_SIZE || !year_stated_is_sound(&c.before, PART_SIZE) ||
        !year_stated_is_sound(&c.last, PART_SIZE))
        return build_unsound(e);
    part->runs.strays += c.strays;
    part->runs.has_many_backs = c.has_many_backs != 0;
    part->runs.before = c.before;
    part->runs.last = c.last;
    part->end_s = c.end_s;
    part->is_headed = c.is_headed != 0;
    part->has_clock = c.has_clock != 0;
    part->has_fold = c.has_fold != 0;
    l->building->hosts.has_many = l->building->hosts.has_many || c.has_many_hosts;
    return 0;
}

static int take_folds(void *context, uint32_t kind, struct str body, struct err *e)
{
    struct building *b = context;

    if (kind == BUILD_PROGRESS && body.len == sizeof(uint64_t))
        return build_progress(b, b->told, e);
    if (kind != BUILD_FOLDED || body.len % sizeof(struct fold) ||
        body.len / sizeof(struct fold) > FOLDS_MOST)
        return build_unsound(e);
    while (body.len) {
        struct fold fold, *last = b->folds.count ? &b->folds.of[b->folds.count - 1] : NULL;

        memcpy(&fold, body.p, sizeof(fold));
        body = str_from(body, sizeof(fold));
        if (!fold_is_sound(&fold) || (last && fold.from < last->to))
            return build_unsound(e);
        folds_add(&b->folds, &fold);
    }
    return 0;
}

int build_find_folds(struct building *b, struct err *e)
{
    size_t from = 0, to = 0;
    int rc = 0;

    while (rc == 0 && reader_next_folds(b->counted, b->looked.part_count, &from, &to)) {
        CLEANUP_BUF struct buf argument = {0};
        const struct build_task task = build_task_of(b, BUILD_FOLDS, from, to);
        struct worker_order order;

        build_argument(b->order, &task, NULL, &b->breaks, &argument);
        order = build_worker_order(b->order, &argument, take_folds, b);
        rc = worker_run_order(&order, e);
    }
    return rc;
}
