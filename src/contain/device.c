/* device.c: the list of devices, and what is the same for all of their scripts. */
#include "contain/device.h"
#include <string.h>
#include "contain/action.h"
#include "contain/device_text.h"

#define DEVICE(name) extern const struct contain_device name;
#include "contain/devices.def"
#undef DEVICE

const struct contain_device *const contain_devices[] = {
#define DEVICE(name) &name,
#include "contain/devices.def"
#undef DEVICE
    NULL};

const struct contain_device *contain_device(struct str name)
{
    for (size_t i = 0; contain_devices[i]; i++)
        if (str_is(name, contain_devices[i]->name))
            return contain_devices[i];
    return NULL;
}

static const struct device_ability *ability_of(const struct contain_device *d, const char *action)
{
    for (const struct device_ability *a = d->abilities; a->action; a++)
        if (strcmp(a->action, action) == 0)
            return a;
    return NULL;
}

static int cannot(const struct contain_device *d, const char *action, struct err *e)
{
    CLEANUP_BUF struct buf able = {0};

    for (size_t i = 0; contain_devices[i]; i++)
        if (ability_of(contain_devices[i], action))
            buf_addf(&able, "%s%s", able.len ? ", " : "", contain_devices[i]->name);
    if (!able.len)
        return err_set(e, ERR_USAGE,
                       "%s cannot be asked to %s, nor can any other device: calm-contain on the "
                       "host itself does that",
                       d->title, action);
    return err_set(e, ERR_USAGE, "%s cannot be asked to %s; these can: %s", d->title, action,
                   buf_text(&able));
}

static int judge_place(const struct device_job *j, struct err *e)
{
    const struct device_place *place = j->place;

    for (size_t i = 0; i < place->host_count; i++)
        if (!net_is_one(&place->hosts[i]))
            return err_set(e, ERR_USAGE, "an address of the host is one address, not a network");
    if (device_is(j, "isolate") && !place->is_host_itself && !place->host_count && !place->port.len)
        return err_set(e, ERR_USAGE,
                       "a device before the host isolates it by its addresses or by the port that "
                       "leads to it; say one of them");
    return 0;
}

static void add_lacks(const struct contain_device *d, const struct device_job *j, struct buf *out)
{
    const struct device_ability *a = ability_of(d, j->plan->action->name);

    if (j->place->is_host_itself)
        buf_adds(out, "Who has the rights of an administrator on this host can undo it: the cable, "
                      "the switch port or the hypervisor is surer.\n");
    if (a->lacks)
        buf_addf(out, "%s\n", a->lacks);
    if (d->lacks)
        d->lacks(j, out);
}

/* The head of a script: what it is, and what it cannot say. The host's name is the only text of
 * the plan in it, and keeps no byte that a language could take for more. */
static void add_head(const struct contain_device *d, const struct device_job *j, const char *part,
                     struct str lacks, struct buf *out)
{
    CLEANUP_BUF struct buf host = {0};

    if (!d->comment)
        return;
    sink_filename(&host, j->plan->host);
    buf_addf(out, "%s calm %s: %s %s (%s), for %s\n", d->comment, j->tag, part,
             j->plan->action->name, buf_text(&host), d->title);
    while (lacks.len) {
        struct str line = str_cut(&lacks, '\n');

        buf_addf(out, "%s ", d->comment);
        buf_addstr(out, line);
        buf_addc(out, '\n');
    }
}

static void write_part(const struct contain_device *d, const struct device_job *j, const char *part,
                       struct str lacks, void (*write)(const struct device_job *, struct buf *),
                       struct buf *out)
{
    if (strcmp(d->language, "sh") == 0)
        buf_adds(out, "#!/bin/sh\n");
    add_head(d, j, part, lacks, out);
    write(j, out);
}

int device_write(const struct contain_device *d, const struct plan *p,
                 const struct device_place *place, struct device_script *out, struct err *e)
{
    struct device_job j = {.plan = p, .place = place};
    int rc;

    if (!ability_of(d, p->action->name))
        return cannot(d, p->action->name, e);
    hex_write(j.tag, p->id.b, (DEVICE_TAG_SIZE - 1) / 2);
    rc = judge_place(&j, e);
    if (rc == 0)
        rc = d->judge(&j, e);
    if (rc)
        return rc;
    add_lacks(d, &j, &out->lacks);
    write_part(d, &j, "apply", buf_str(&out->lacks), d->apply, &out->apply);
    write_part(d, &j, "check", STR(""), d->check, &out->check);
    write_part(d, &j, "undo", STR(""), d->undo, &out->undo);
    if (p->timer_s && !p->action->cannot_undo)
        write_part(d, &j, "confirm", STR(""), d->confirm, &out->confirm);
    return 0;
}

void device_script_release(struct device_script *s)
{
    buf_release(&s->apply);
    buf_release(&s->check);
    buf_release(&s->confirm);
    buf_release(&s->undo);
    buf_release(&s->lacks);
}
