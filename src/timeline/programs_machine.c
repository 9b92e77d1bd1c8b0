/* programs_machine.c: the sentences of what watches over a machine: its disks, its power, its clock
 * and its links. */
#include "base/mem.h"
#include "timeline/syslog_programs.h"

#define HOST "host"
#define NETWORK "network"
#define YES "success"
#define NO "failure"
#define MAYBE "unknown"

/* smartmontools: smartd.cpp. A disk is "/dev/sda [SAT]". */
#define SMART(sentence, outcome)                                                                   \
    {                                                                                              \
        "Device: {device.id:any}, " sentence, "disk-fault", HOST, outcome                          \
    }
static const struct meaning smartd[] = {
    SMART("FAILED SMART self-check. BACK UP DATA NOW!", NO),
    SMART("Failed SMART usage Attribute: {event.reason:rest}", NO),
    SMART("SMART Failure: {event.reason:rest}", NO),
    SMART("{_:n} Currently unreadable (pending) sectors{_:rest}", NO),
    SMART("{_:n} Total pending sectors{_:rest}", NO),
    SMART("{_:n} Offline uncorrectable sectors{_:rest}", NO),
    SMART("ATA error count increased from {_:n} to {_:n}", NO),
    SMART("Self-Test Log error count increased from {_:n} to {_:n}", NO),
    SMART("number of Error Log entries increased from {_:n} to {_:n}", MAYBE),
    SMART("Critical Warning ({_}): {event.reason:rest}", NO),
    SMART("Temperature {_:n} Celsius reached critical limit {event.reason:rest}", NO),
    SMART("Read SMART Attribute Data failed{_:rest}", NO),
    SMART("failed to read SMART Attribute Data{_:rest}", NO),
    SMART("not capable of SMART self-check{_:rest}", NO),
    SMART("open() failed: {event.reason:rest}", NO),
    SMART("unable to open{_:rest}", NO),
    SMART("removed {_:any}device: {event.reason:rest}", NO),
};

/* mdadm --monitor: Monitor.c, alert(). */
#define MD(event, action, outcome)                                                                 \
    {event                                                                                         \
     " event detected on md device {device.id:any}, component device {mdadm.component:rest}",      \
     action, HOST, outcome},                                                                       \
    {                                                                                              \
        event " event detected on md device {device.id:rest}", action, HOST, outcome               \
    }
static const struct meaning mdadm[] = {
    MD("Fail", "disk-fault", NO),
    MD("FailSpare", "disk-fault", NO),
    MD("DegradedArray", "disk-fault", NO),
    MD("DeviceDisappeared", "disk-fault", NO),
    MD("SparesMissing", "disk-fault", NO),
    MD("SpareActive", "disk-restore", YES),
    MD("RebuildFinished", "disk-restore", MAYBE),
    MD("{event.reason}", "disk-array", MAYBE),
};

/* apcupsd: src/apcevents.c; "warnings" are written as they stand. */
static const struct meaning apcupsd[] = {
    {"Power failure.", "power-fault", HOST, NO},
    {"Running on UPS batteries.", "power-fault", HOST, NO},
    {"Battery exhausted.", "power-fault", HOST, NO},
    {"Battery charge below low limit.", "power-fault", HOST, NO},
    {"Reached run time limit on batteries.", "power-fault", HOST, NO},
    {"Reached remaining time percentage limit on batteries.", "power-fault", HOST, NO},
    {"Battery failure. Emergency.", "power-fault", HOST, NO},
    {"UPS battery must be replaced.", "power-fault", HOST, NO},
    {"Battery disconnected.", "power-fault", HOST, NO},
    {"Communications with UPS lost.", "power-fault", HOST, NO},
    {"Mains returned. No longer on UPS batteries.", "power-restore", HOST, YES},
    {"Power is back. UPS running on mains.", "power-restore", HOST, YES},
    {"Battery reattached.", "power-restore", HOST, YES},
    {"Communications with UPS restored.", "power-restore", HOST, YES},
    {"Initiating system shutdown!", "shutdown", HOST, MAYBE},
    {"Remote shutdown requested.", "shutdown", HOST, MAYBE},
};

/* Network UPS Tools: clients/upsmon.h, upsmon.c. */
static const struct meaning upsmon[] = {
    {"UPS {device.id} on battery", "power-fault", HOST, NO},
    {"UPS {device.id} battery is low", "power-fault", HOST, NO},
    {"UPS {device.id} battery needs to be replaced", "power-fault", HOST, NO},
    {"UPS {device.id} is unavailable", "power-fault", HOST, NO},
    {"UPS {device.id}: forced shutdown in progress", "power-fault", HOST, NO},
    {"Communications with UPS {device.id} lost", "power-fault", HOST, NO},
    {"Poll UPS [{device.id:any}] failed - {event.reason:rest}", "power-fault", HOST, NO},
    {"UPS {device.id} on line power", "power-restore", HOST, YES},
    {"Communications with UPS {device.id} established", "power-restore", HOST, YES},
    {"Executing automatic power-fail shutdown", "shutdown", HOST, MAYBE},
    {"Auto logout and shutdown proceeding", "shutdown", HOST, MAYBE},
};

/* chrony's reference.c, ntp's ntpd/ntp_loopfilter.c and ntp_util.c, ntpdate.c. A clock that was set
 * forward or back by how much: what was logged before has a time that was wrong by as much. */
static const struct meaning clocks[] = {
    {"System clock was stepped by {clock.step_seconds} seconds", "clock-step", HOST, YES},
    {"System clock wrong by {clock.step_seconds} seconds{_:rest}", "clock-wrong", HOST, MAYBE},
    {"Forward time jump detected!", "clock-step", HOST, MAYBE},
    {"Backward time jump detected!", "clock-step", HOST, MAYBE},
    {"Can't synchronise: {event.reason:rest}", "clock-wrong", HOST, NO},
    {"time reset {clock.step_seconds} s", "clock-step", HOST, YES},
    {"time set {clock.step_seconds} s", "clock-step", HOST, YES},
    {"time reset ({_:any}) {clock.step_seconds} s", "clock-step", HOST, YES},
    {"step time server {destination.ip:ip} offset {clock.step_seconds} sec", "clock-step", HOST,
     YES},
    {"step-systime: {event.reason:rest}", "clock-step", HOST, NO},
};

static const struct meaning networkd[] = {
    {"{device.id}: Lost carrier", "network-fault", NETWORK, NO},
    {"{device.id}: Gained carrier", "link-up", NETWORK, YES},
};

/* src/core/devices/nm-device.c, of two versions, behind "<info>  [1763953929.1]". */
static const struct meaning network_manager[] = {
    {"{_:any} device ({device.id:any}): state change: {_} -> unavailable (reason "
     "'carrier-changed'{_:rest}",
     "network-fault", NETWORK, NO},
    {"{_:any}({device.id:any}): link disconnected{_:rest}", "network-fault", NETWORK, NO},
    {"{_:any}({device.id:any}): link connected{_:rest}", "link-up", NETWORK, YES},
    {"{_:any} device ({device.id:any}): carrier: link connected", "link-up", NETWORK, YES},
};

/* multipath-tools: multipathd/main.c; open-iscsi: usr/initiator.c. */
static const struct meaning multipathd[] = {
    {"checker failed path {device.id} in map {_:rest}", "disk-fault", HOST, NO},
    {"{_}: mark as failed", "disk-fault", HOST, NO},
    {"{device.id}: remaining active paths: 0", "disk-fault", HOST, NO},
    {"{device.id}: remaining active paths: {_:n}", "disk-array", HOST, MAYBE},
};
static const struct meaning iscsid[] = {
    {"Kernel reported iSCSI connection {device.id} error ({error.code:n}{event.reason:rest}",
     "disk-fault", HOST, NO},
    {"connection{device.id} is operational after recovery {_:rest}", "disk-restore", HOST, YES},
};

static const struct program programs[] = {
    {.name = "smartd", .meanings = smartd, .count = COUNT_OF(smartd)},
    {.name = "mdadm", .meanings = mdadm, .count = COUNT_OF(mdadm)},
    {.name = "apcupsd", .meanings = apcupsd, .count = COUNT_OF(apcupsd)},
    {.name = "upsmon|nut-monitor", .meanings = upsmon, .count = COUNT_OF(upsmon)},
    {.name = "chronyd|ntpd|ntpdate|sntp", .meanings = clocks, .count = COUNT_OF(clocks)},
    {.name = "systemd-networkd", .meanings = networkd, .count = COUNT_OF(networkd)},
    {.name = "NetworkManager", .meanings = network_manager, .count = COUNT_OF(network_manager)},
    {.name = "multipathd", .meanings = multipathd, .count = COUNT_OF(multipathd)},
    {.name = "iscsid", .meanings = iscsid, .count = COUNT_OF(iscsid)},
};
const struct program_list machine_programs = {programs, COUNT_OF(programs)};
