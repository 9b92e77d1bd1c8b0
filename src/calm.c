/* calm.c: the program of the responders. */
#include <locale.h>
#include "cli/cli.h"
#include "practice/practice.h"
#include "sys/signer.h"
#include "sys/ssh_agent.h"
#include "sys/ssh_carrier.h"
#include "sys/ssh_gate.h"
#include "sys/worker.h"

int main(int argc, char **argv)
{
    signer_main_if_asked(argc, argv);
    worker_main_if_asked(argc, argv);
    ssh_carrier_main_if_asked(argc, argv);
    ssh_gate_main_if_asked(argc, argv);
    ssh_agent_main_if_asked(argc, argv);
    setlocale(LC_CTYPE, "C.UTF-8");
    return cli_main(practice_model(), argc, argv);
}
