/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See stall.h.  The kernel overwrites the last byte of what is written, so the NUL is written too.
 */
#include "agent/guestd/stall.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/vfs.h>
#include <unistd.h>

#define MAX_PATH 4096

static bool
set_trigger(int fd)
{
    char trigger[64];
    int length = snprintf(trigger, sizeof trigger, "some %d %d", MOM_STALL_US, MOM_STALL_WINDOW_US);
    struct statfs fs;

    return fstatfs(fd, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC &&
           write(fd, trigger, (size_t)length + 1) > 0;
}

void
mom_stall_open(MomStall *stall, const char *root)
{
    char path[MAX_PATH];

    *stall = (MomStall){.trigger = -1};
    snprintf(path, sizeof path, "%s/proc/pressure/memory", root);
    stall->trigger = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (stall->trigger >= 0 && !set_trigger(stall->trigger))
        mom_stall_close(stall);
}

void
mom_stall_close(MomStall *stall)
{
    if (stall->trigger >= 0)
        close(stall->trigger);
    stall->trigger = -1;
}

bool
mom_stall_look(MomStall *stall, const MomNumbers *now)
{
    bool grew = stall->has_look && now->some_total_us - stall->looked_us >= MOM_STALL_US;

    stall->has_look = true;
    stall->looked_us = now->some_total_us;
    return grew;
}
