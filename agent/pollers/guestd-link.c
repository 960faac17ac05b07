/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See guestd-link.h.  A plain socket and a source of the main loop: GIO's sockets do not know
 * vsock.
 */
#include "agent/pollers/guestd-link.h"

#include <errno.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/guestd/protocol.h"

struct MomGuestdLink {
    const MomGuestdLinkFuncs *funcs;
    gpointer data;
    MomGuestAddress address;
    int fd;        /* -1: closed */
    guint source;  /* of the socket, or of a failure that is to be told */
    gboolean open; /* connected */
    GError *failure;
    gsize length;
    char bytes[MOM_GUESTD_MAX_REPLY + 1];
};

static void watch(MomGuestdLink *link, GIOCondition condition, GUnixFDSourceFunc func);

/* ---- the end ---- */

void
mom_guestd_link_close(MomGuestdLink *link)
{
    g_clear_handle_id(&link->source, g_source_remove);
    g_clear_error(&link->failure);
    if (link->fd >= 0)
        close(link->fd);
    link->fd = -1;
    link->open = FALSE;
    link->length = 0;
}

static gboolean
tell_failure(gpointer data)
{
    MomGuestdLink *link = data;
    g_autoptr(GError) failure = g_steal_pointer(&link->failure);

    link->source = 0;
    mom_guestd_link_close(link);
    link->funcs->closed(failure, link->data);
    return G_SOURCE_REMOVE;
}

/* The owner hears of it from the main loop. */
G_GNUC_PRINTF(2, 3)
static void
fail(MomGuestdLink *link, const char *format, ...)
{
    g_autofree char *where = mom_guest_address_to_text(&link->address);
    g_autofree char *what = NULL;
    va_list args;

    va_start(args, format);
    what = g_strdup_vprintf(format, args);
    va_end(args);
    mom_guestd_link_close(link);
    link->failure = g_error_new(G_IO_ERROR, G_IO_ERROR_FAILED, "%s: %s", where, what);
    link->source = g_idle_add(tell_failure, link);
}

/* ---- lines in ---- */

/* The owner may close the link while it is told a line, so each is taken off first. */
static gboolean
take_line(MomGuestdLink *link, char line[MOM_GUESTD_MAX_REPLY + 1])
{
    const char *newline = memchr(link->bytes, '\n', link->length);
    gsize length = newline ? (gsize)(newline - link->bytes) : 0;

    if (!newline)
        return FALSE;
    memcpy(line, link->bytes, length);
    line[length] = '\0';
    link->length -= length + 1;
    memmove(link->bytes, newline + 1, link->length);
    if (length > 0 && line[length - 1] == '\r')
        line[length - 1] = '\0';
    return TRUE;
}

static gboolean
on_bytes(int fd, GIOCondition condition, gpointer data)
{
    MomGuestdLink *link = data;
    char line[MOM_GUESTD_MAX_REPLY + 1];
    ssize_t n =
        recv(fd, link->bytes + link->length, sizeof link->bytes - link->length, MSG_DONTWAIT);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return G_SOURCE_CONTINUE;
    if (n <= 0) {
        fail(link, "%s", n < 0 ? g_strerror(errno) : "the guest has hung up");
        return G_SOURCE_CONTINUE; /* it is removed already */
    }
    link->length += (gsize)n;
    while (link->fd >= 0 && take_line(link, line))
        link->funcs->line(line, link->data);
    if (link->length == sizeof link->bytes)
        fail(link, "the guest sends no lines");
    return G_SOURCE_CONTINUE;
}

/* ---- opening ---- */

static gboolean
on_connected(int fd, GIOCondition condition, gpointer data)
{
    MomGuestdLink *link = data;
    int error = 0;
    socklen_t length = sizeof error;

    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0)
        error = errno;
    if (error) {
        fail(link, "%s", g_strerror(error));
        return G_SOURCE_CONTINUE;
    }
    link->open = TRUE;
    watch(link, G_IO_IN, on_bytes);
    link->funcs->opened(link->data);
    return G_SOURCE_CONTINUE;
}

static void
watch(MomGuestdLink *link, GIOCondition condition, GUnixFDSourceFunc func)
{
    g_clear_handle_id(&link->source, g_source_remove);
    link->source = g_unix_fd_add(link->fd, condition, func, link);
}

void
mom_guestd_link_open(MomGuestdLink *link, const MomGuestAddress *address)
{
    const int yes = 1;

    link->address = *address;
    link->fd = socket(address->socket.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (link->fd < 0) {
        fail(link, "%s", g_strerror(errno));
        return;
    }
    setsockopt(link->fd, SOL_SOCKET, SO_KEEPALIVE, &yes, sizeof yes);
    if (connect(link->fd, (const struct sockaddr *)&address->socket, address->length) < 0 &&
        errno != EINPROGRESS) {
        fail(link, "%s", g_strerror(errno));
        return;
    }
    watch(link, G_IO_OUT, on_connected);
}

gboolean
mom_guestd_link_is_open(const MomGuestdLink *link)
{
    return link->open;
}

void
mom_guestd_link_send(MomGuestdLink *link, const char *line)
{
    g_autofree char *text = g_strconcat(line, "\n", NULL);
    gsize length = strlen(text);

    if (send(link->fd, text, length, MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)length)
        fail(link, "a question cannot be sent");
}

/* ---- life ---- */

MomGuestdLink *
mom_guestd_link_new(const MomGuestdLinkFuncs *funcs, gpointer data)
{
    MomGuestdLink *link = g_new0(MomGuestdLink, 1);

    link->funcs = funcs;
    link->data = data;
    link->fd = -1;
    return link;
}

void
mom_guestd_link_free(MomGuestdLink *link)
{
    if (!link)
        return;
    mom_guestd_link_close(link);
    g_free(link);
}
