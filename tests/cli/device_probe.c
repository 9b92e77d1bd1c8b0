/* device_probe.c: writes the script of a plan for a device, as files, for the tests in Python.
 *
 * device_probe DEVICE FOLDER [--itself] [--host NET]… [--port NAME] [--bound-in4 NAME] … [--now S]
 * [--action NAME --value NAME=TEXT…] reads the plan on standard input. --action takes the place of
 * the plan's: values then come as they are, past what reading a plan refuses. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "base/mem.h"
#include "contain/action.h"
#include "contain/device.h"

enum { HOST_COUNT = 16, VALUE_COUNT = 8 };

struct asked {
    struct device_place place;
    struct net hosts[HOST_COUNT];
    struct contain_action action;
    struct action_param params[VALUE_COUNT];
    struct plan_value values[VALUE_COUNT];
    size_t value_count;
};

static void read_all(struct buf *out)
{
    ssize_t n;

    do {
        n = read(0, buf_room(out, 65536), 65536);
        out->len += n > 0 ? (size_t)n : 0;
    } while (n > 0);
}

static void add_value(struct asked *a, const char *text)
{
    struct plan_value *v = &a->values[a->value_count];
    struct action_param *param = &a->params[a->value_count++];
    struct str rest = str_of(text), name = str_cut(&rest, '=');

    param->name = mem_dup(name.p, name.len);
    v->param = param;
    v->text = rest;
    if (!str_u64(rest, &v->number))
        v->number = 0;
}

static int take(struct asked *a, const char *name, const char *value, struct err *e)
{
    const struct {
        const char *name;
        struct str *text;
    } texts[] = {{"--port", &a->place.port},
                 {"--bound-in4", &a->place.bound_in4},
                 {"--bound-out4", &a->place.bound_out4},
                 {"--bound-in6", &a->place.bound_in6},
                 {"--bound-out6", &a->place.bound_out6}};
    uint64_t n = 0;

    for (size_t i = 0; i < COUNT_OF(texts); i++)
        if (strcmp(name, texts[i].name) == 0)
            return *texts[i].text = str_of(value), 0;
    if (strcmp(name, "--host") == 0 && a->place.host_count < HOST_COUNT)
        return net_read(str_of(value), &a->hosts[a->place.host_count++], e);
    if (strcmp(name, "--value") == 0 && a->value_count < VALUE_COUNT)
        return add_value(a, value), 0;
    if (strcmp(name, "--action") == 0)
        return a->action.name = value, 0;
    if (!str_u64(str_of(value), &n))
        return err_set(e, ERR_USAGE, "%s", name);
    if (strcmp(name, "--now") == 0)
        return a->place.now_s = n, 0;
    if (strcmp(name, "--room") == 0)
        return a->place.room = (uint32_t)n, 0;
    return err_set(e, ERR_USAGE, "%s", name);
}

static int write_file(const char *folder, const char *name, const struct buf *text, struct err *e)
{
    CLEANUP_BUF struct buf path = {0};
    FILE *f;

    buf_addf(&path, "%s/%s", folder, name);
    f = fopen(buf_text(&path), "w");
    if (!f)
        return err_errno(e, "%s", buf_text(&path));
    if (fwrite(buf_text(text), 1, text->len, f) != text->len) {
        fclose(f);
        return err_errno(e, "%s", buf_text(&path));
    }
    return fclose(f) ? err_errno(e, "%s", buf_text(&path)) : 0;
}

static int run(const char *device, const char *folder, struct asked *a, struct err *e)
{
    const struct contain_device *d = contain_device(str_of(device));
    CLEANUP(plan_freep) struct plan *p = NULL;
    CLEANUP_DEVICE_SCRIPT struct device_script s = {0};
    CLEANUP_BUF struct buf text = {0};
    int rc;

    if (!d)
        return err_set(e, ERR_USAGE, "no device %s", device);
    read_all(&text);
    rc = plan_read(buf_str(&text), &p, e);
    if (rc)
        return rc;
    if (a->action.name) {
        p->action = &a->action;
        p->values = a->values;
        p->value_count = a->value_count;
    }
    rc = device_write(d, p, &a->place, &s, e);
    if (rc == 0)
        rc = write_file(folder, "apply", &s.apply, e);
    if (rc == 0)
        rc = write_file(folder, "check", &s.check, e);
    if (rc == 0)
        rc = write_file(folder, "confirm", &s.confirm, e);
    if (rc == 0)
        rc = write_file(folder, "undo", &s.undo, e);
    return rc ? rc : write_file(folder, "lacks", &s.lacks, e);
}

int main(int argc, char **argv)
{
    static struct asked a;
    struct err e = {0};
    int rc = argc < 3 ? err_set(&e, ERR_USAGE, "DEVICE FOLDER") : 0;

    a.place.hosts = a.hosts;
    for (int i = 3; i < argc && rc == 0; i++) {
        if (strcmp(argv[i], "--itself") == 0)
            a.place.is_host_itself = true;
        else if (i + 1 < argc)
            rc = take(&a, argv[i], argv[i + 1], &e), i++;
    }
    if (rc == 0)
        rc = run(argv[1], argv[2], &a, &e);
    if (rc)
        fprintf(stderr, "%s\n", e.text);
    for (size_t i = 0; i < a.value_count; i++)
        free((char *)a.params[i].name);
    return err_exit_status(rc);
}
