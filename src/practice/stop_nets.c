/* stop_nets.c: the addresses of a plan, as they were typed, from a file or from a proposal. */
#include "practice/stop_nets.h"
#include "contain/action.h"
#include "practice/stop_proposal.h"
#include "sys/file.h"

/* Where a list of addresses comes from, for what is wrong in it; NULL: it was typed. */
static int bad_line(const char *from, size_t number, struct err *e)
{
    struct err why = *e;

    return from ? err_set(e, why.code, "%s, line %zu: %s", from, number, why.text) : why.code;
}

static int add_lines(struct plan *plan, struct str lines, const char *from, struct err *e)
{
    size_t room = plan->net_count;

    for (size_t number = 1; lines.len; number++) {
        struct str text = str_trim(str_cut(&lines, '\n'));

        if (!text.len || text.p[0] == '#')
            continue;
        if (plan->net_count == PLAN_NET_COUNT)
            return err_set(e, ERR_LIMIT, "at most %d networks fit one plan", PLAN_NET_COUNT);
        plan->nets = mem_grow(plan->nets, plan->net_count, &room, sizeof(*plan->nets));
        if (net_read(text, &plan->nets[plan->net_count], e))
            return bad_line(from, number, e);
        plan->net_count++;
    }
    return 0;
}

static int add_file(struct plan *plan, struct str path, struct err *e)
{
    CLEANUP_FREE char *name = mem_dup(path.p, path.len);
    CLEANUP_BUF struct buf file = {0};
    size_t before = plan->net_count;
    int rc = file_read(&file, name, PLAN_SIZE, e);

    if (rc == 0)
        rc = add_lines(plan, buf_str(&file), name, e);
    if (rc == 0 && plan->net_count == before)
        rc = err_set(e, ERR_USAGE, "%s names no address: it takes one a line", name);
    return rc;
}

static int add_proposal(struct plan *plan, struct session *s, const struct view *v,
                        const struct thing *proposal, struct err *e)
{
    CLEANUP_BUF struct buf list = {0};
    int rc = proposal ? stop_proposal_list(s, v, proposal, &list, e)
                      : err_set(e, ERR_NOTFOUND, "there is no such proposal");

    return rc ? rc : add_lines(plan, buf_str(&list), NULL, e);
}

int stop_nets(struct session *s, const struct view *v, const struct operation *op,
              const struct input *in, const char *param, struct plan *plan, struct err *e)
{
    bool has_file = input_is_given(op, in, "from-file"),
         has_proposal = input_is_given(op, in, "proposal");
    int rc;

    if (!has_file && !has_proposal && !input_has(op, in, param))
        return err_set(e, ERR_USAGE,
                       "say which addresses: calm stop %s 203.0.113.9 198.51.100.0/24, or "
                       "--from-file LIST",
                       plan->action->name);
    rc = add_lines(plan, input_value(op, in, param), NULL, e);
    if (rc == 0 && has_file)
        rc = add_file(plan, input_value(op, in, "from-file"), e);
    if (rc == 0 && has_proposal)
        rc = add_proposal(plan, s, v, input_thing(v, op, in, "proposal"), e);
    plan->net_count = net_list_normalise(plan->nets, plan->net_count);
    return rc;
}
