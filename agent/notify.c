/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See notify.h.
 *
 * The socket is not connected: a manager that starts anew binds the same name again, and is found
 * there.
 */
#include "agent/notify.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct MomNotify {
    int socket; /* -1: nobody to tell */
    struct sockaddr_un address;
    socklen_t length;
};

static gboolean
set_address(MomNotify *notify, const char *address)
{
    gsize length = address ? strlen(address) : 0;

    if (length < 2 || length >= sizeof(notify->address.sun_path) ||
        (address[0] != '/' && address[0] != '@'))
        return FALSE;
    notify->address.sun_family = AF_UNIX;
    memcpy(notify->address.sun_path, address, length);
    notify->length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
    if (address[0] == '@')
        notify->address.sun_path[0] = '\0';
    else
        notify->length++; /* a path ends with its NUL, an abstract name with its length */
    return TRUE;
}

MomNotify *
mom_notify_new(const char *address)
{
    MomNotify *notify = g_new0(MomNotify, 1);

    notify->socket = -1;
    if (set_address(notify, address))
        notify->socket = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    return notify;
}

void
mom_notify_free(MomNotify *notify)
{
    if (!notify)
        return;
    if (notify->socket >= 0)
        close(notify->socket);
    g_free(notify);
}

gboolean
mom_notify_is_heard(const MomNotify *notify)
{
    return notify->socket >= 0;
}

gboolean
mom_notify_send(MomNotify *notify, const char *message)
{
    return notify->socket < 0 ||
           sendto(notify->socket, message, strlen(message), MSG_DONTWAIT | MSG_NOSIGNAL,
                  (const struct sockaddr *)&notify->address, notify->length) >= 0;
}

gint64
mom_notify_watchdog_us(const char *usec, const char *watchdog_pid, gint64 pid)
{
    gint64 time_us, for_pid = pid;

    if (!usec || !g_ascii_string_to_signed(usec, 10, 1, G_MAXINT64, &time_us, NULL))
        return 0;
    if (watchdog_pid && !g_ascii_string_to_signed(watchdog_pid, 10, 1, G_MAXINT64, &for_pid, NULL))
        return 0;
    return for_pid == pid ? time_us : 0;
}
