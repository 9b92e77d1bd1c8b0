/* stop_host.c: plans for what runs, logs in and lies on this host. */
#include "practice/stop_plan_table.h"

#define PLAN_NAMED(field, what)                                                                    \
    {                                                                                              \
        .name = field, .type = FIELD_LINE, .flags = FIELD_REQUIRED | FIELD_ARG | FIELD_OUTSIDE,    \
        .help = what                                                                               \
    }
#define PLAN_ACCEPT                                                                                \
    {                                                                                              \
        .name = "accept-no-undo", .type = FIELD_FLAG, .flags = FIELD_OUTSIDE,                      \
        .help = "you know that this cannot be undone"                                              \
    }
#define PLAN_PROCESS                                                                               \
    {                                                                                              \
        .name = "pid", .type = FIELD_NUMBER, .flags = FIELD_REQUIRED | FIELD_ARG | FIELD_OUTSIDE,  \
        .help = "the number of a process"                                                          \
    }

static const struct field freeze_fields[] = {PLAN_PROCESS, PLAN_SYSTEM(0), PLAN_FIELDS};
PLAN_OPERATION(freeze, freeze_fields,
               "plan to have a process and all that it started stand still, memory kept",
               "calm stop freeze 812");

static const struct field end_fields[] = {PLAN_PROCESS, PLAN_ACCEPT, PLAN_SYSTEM(0), PLAN_FIELDS};
PLAN_OPERATION(end, end_fields, "plan to end a process and all that it started",
               "calm stop end 812 --accept-no-undo");

static const struct field user_fields[] = {PLAN_NAMED("user", "an account of this host"),
                                           PLAN_SYSTEM(0), PLAN_FIELDS};
PLAN_OPERATION(lock, user_fields, "plan to lock an account: its password opens nothing",
               "calm stop lock shop");
PLAN_OPERATION(keys, user_fields, "plan to take an account's authorised keys away",
               "calm stop keys shop");

static const struct field out_fields[] = {PLAN_NAMED("user", "an account of this host"),
                                          PLAN_ACCEPT, PLAN_SYSTEM(0), PLAN_FIELDS};
PLAN_OPERATION_CALLED(stop_log_out, "log-out", out_fields, "plan to end all processes of a user",
                      "calm stop log-out shop --accept-no-undo");

static const struct field unit_fields[] = {
    PLAN_NAMED("unit", "a unit of systemd: backdoor.service"), PLAN_SYSTEM(0), PLAN_FIELDS};
PLAN_OPERATION(unit, unit_fields, "plan to stop and mask a unit",
               "calm stop unit backdoor.service");

static const struct field job_fields[] = {
    {.name = "file",
     .type = FIELD_PATH,
     .flags = FIELD_REQUIRED | FIELD_ARG | FIELD_OUTSIDE,
     .help = "a table of cron, or a job of at"},
    {.name = "line",
     .type = FIELD_LINE,
     .flags = FIELD_ARG | FIELD_OUTSIDE,
     .help = "the line to take out, as it stands there; the whole file if not given"},
    PLAN_SYSTEM(0),
    PLAN_FIELDS};
PLAN_OPERATION(job, job_fields, "plan to take scheduled work out",
               "calm stop job /etc/cron.d/update \"* * * * * root /var/tmp/.x\"");

static const struct field quarantine_fields[] = {
    {.name = "file",
     .type = FIELD_PATH,
     .flags = FIELD_REQUIRED | FIELD_ARG | FIELD_OUTSIDE,
     .help = "the absolute path of a file"},
    PLAN_SYSTEM(0),
    PLAN_FIELDS};
PLAN_OPERATION(quarantine, quarantine_fields,
               "plan to take a file away, into the evidence, with all its metadata",
               "calm stop quarantine /var/tmp/.x");
