/* cli.h: the command line: a thin face over the table of operations. */
#pragma once
#include "case/model.h"

/* Runs one command line and returns the exit status. Prints to standard output, errors to standard
 * error. */
int cli_main(const struct model *m, int argc, char **argv);
