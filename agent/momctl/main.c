/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * momctl, the command for those who look after momd: main().
 *
 * Everything else is in the library, so that tests link what runs here.
 */
#include <locale.h>

#include "agent/momctl/command.h"

int
main(int argc, char **argv)
{
    /* For messages of the system and for editing lines; numbers keep their point. */
    setlocale(LC_ALL, "");
    setlocale(LC_NUMERIC, "C");
    return (int)mom_ctl_run(argc, argv);
}
