/* pam.h: the sentences of PAM's modules, whatever program asks. */
#pragma once
#include "timeline/pattern.h"

extern const struct program_list pam_programs;

/* "pam_unix(sshd:auth): authentication failure; logname= uid=0 … rhost=192.0.2.7  user=root", and
 * as older versions begin it; has_module: the program's tag named the module. False: none of them.
 */
bool pam_understand(struct pattern_set *set, struct field_names *names, bool has_module,
                    struct str sentence, struct event *e);
