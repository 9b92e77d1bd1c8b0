/* sandbox.h: what the program gives up before it looks at the first byte of a file. */
#pragma once
#include "verify/mem.h"

/* From here on the process can use memory, threads and the files that are open or mapped, and
 * nothing else: no other file, no network, no other process. (Built with sanitizers, it gives up
 * nothing; built to measure coverage, it can still open files.) Returns 0, or -1 with errno set
 * where the system does not allow that; the caller then stops. */
MUST_CHECK int sandbox_enter(void);
