/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See notify-socket.h.
 */
#include "tests/agent/notify-socket.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/mom-test.h"

/* More than any kernel's queue of datagrams. */
#define FULL 100000

struct NotifySocket {
    char *directory; /* NULL: abstract */
    char *address;
    int fd;
};

void
notify_socket_open(NotifySocket *self)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    gsize length = strlen(self->address);

    memcpy(address.sun_path, self->address, length);
    if (self->address[0] == '@')
        address.sun_path[0] = '\0';
    self->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_true(self->fd >= 0);
    assert_int_equal(bind(self->fd, (const struct sockaddr *)&address,
                          (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)),
                     0);
}

void
notify_socket_close(NotifySocket *self)
{
    close(self->fd);
    self->fd = -1;
    if (self->directory)
        assert_int_equal(g_unlink(self->address), 0);
}

NotifySocket *
notify_socket_new(gboolean abstract)
{
    NotifySocket *self = g_new0(NotifySocket, 1);

    if (abstract) {
        self->address = g_strdup_printf("@mom-test-%d-%u", (int)getpid(), g_random_int());
    } else {
        self->directory = g_dir_make_tmp("mom-notify-XXXXXX", NULL);
        self->address = g_build_filename(self->directory, "notify", NULL);
    }
    notify_socket_open(self);
    return self;
}

void
notify_socket_free(NotifySocket *self)
{
    if (self->fd >= 0)
        notify_socket_close(self);
    if (self->directory)
        g_rmdir(self->directory);
    g_free(self->directory);
    g_free(self->address);
    g_free(self);
}

const char *
notify_socket_address(const NotifySocket *self)
{
    return self->address;
}

char *
notify_socket_take(NotifySocket *self)
{
    char buffer[4096];
    ssize_t n = recv(self->fd, buffer, sizeof(buffer), MSG_DONTWAIT);

    return n < 0 ? NULL : g_strndup(buffer, (gsize)n);
}

void
notify_socket_drop_all(NotifySocket *self)
{
    g_free(notify_socket_take_all(self));
}

char *
notify_socket_take_all(NotifySocket *self)
{
    GString *all = g_string_new(NULL);
    char *message;

    while ((message = notify_socket_take(self))) {
        g_string_append_printf(all, "%s%s", all->len ? " | " : "", message);
        g_free(message);
    }
    return g_string_free(all, FALSE);
}

void
notify_socket_fill(NotifySocket *self, MomNotify *notify)
{
    guint sent = 0;

    while (mom_notify_send(notify, "X=1"))
        assert_true(++sent < FULL);
    assert_true(sent > 0);
}
