/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Making the socket, see listener.h.
 *
 * The mode is set by the umask around bind, so that there is no moment at which others could
 * connect.
 */
#include "agent/rpc/listener.h"

#include <errno.h>
#include <pwd.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>

/* Leaves rw for owner and group: 0660. */
#define SOCKET_UMASK 0117
#define VDSM_USER "vdsm"

struct MomRpcListener {
    GSocket *socket;
    char *path; /* NULL: TCP */
    dev_t device;
    ino_t inode;
    gint64 vdsm_uid; /* -1: there is no such user */
};

/* ---- a path that is already there ---- */

/* Whether somebody serves PATH: connects, never waits. A full queue is somebody's too. */
static gboolean
is_served(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    gboolean served;

    if (fd < 0) {
        return FALSE;
    }
    g_strlcpy(address.sun_path, path, sizeof address.sun_path);
    served = connect(fd, (struct sockaddr *)&address, sizeof address) == 0 || errno == EAGAIN;
    close(fd);
    return served;
}

static gboolean
clear_path(const char *path, GError **error)
{
    struct stat st;

    if (lstat(path, &st) < 0) {
        return TRUE; /* nothing there; or bind will say what is wrong */
    }
    if (!S_ISSOCK(st.st_mode)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_EXISTS,
                    "%s exists and is no socket; move it away or choose another rpc-port", path);
        return FALSE;
    }
    if (is_served(path)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE, "another momd serves %s", path);
        return FALSE;
    }
    if (g_unlink(path) < 0) {
        g_set_error(error, G_IO_ERROR, (int)g_io_error_from_errno(errno),
                    "cannot remove the stale socket %s: %s", path, g_strerror(errno));
        return FALSE;
    }
    return TRUE;
}

/* ---- binding ---- */

static gboolean
listen_at(MomRpcListener *listener, GSocketAddress *address, const char *port, GError **error)
{
    mode_t old_umask;
    gboolean bound;

    listener->socket = g_socket_new(g_socket_address_get_family(address), G_SOCKET_TYPE_STREAM,
                                    G_SOCKET_PROTOCOL_DEFAULT, error);
    if (!listener->socket) {
        return FALSE;
    }
    old_umask = umask(SOCKET_UMASK);
    bound = g_socket_bind(listener->socket, address, TRUE, error);
    umask(old_umask);
    g_socket_set_listen_backlog(listener->socket, MOM_RPC_BACKLOG);
    g_socket_set_blocking(listener->socket, FALSE);
    if (!bound || !g_socket_listen(listener->socket, error)) {
        g_prefix_error(error, "cannot serve RPC at %s: ", port);
        return FALSE;
    }
    return TRUE;
}

static gboolean
listen_on_path(MomRpcListener *listener, const char *path, GError **error)
{
    g_autoptr(GSocketAddress) address = NULL;
    struct stat st;

    if (strlen(path) >= sizeof((struct sockaddr_un *)NULL)->sun_path) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FILENAME_TOO_LONG,
                    "%s: too long for a unix socket", path);
        return FALSE;
    }
    address = g_unix_socket_address_new(path);
    if (!clear_path(path, error) || !listen_at(listener, address, path, error)) {
        return FALSE;
    }
    if (stat(path, &st) == 0) {
        listener->path = g_strdup(path);
        listener->device = st.st_dev;
        listener->inode = st.st_ino;
    }
    return TRUE;
}

static gint64
find_vdsm_uid(void)
{
    const struct passwd *user = getpwnam(VDSM_USER);

    return user ? (gint64)user->pw_uid : -1;
}

MomRpcListener *
mom_rpc_listener_new(const char *port, GError **error)
{
    g_autoptr(MomRpcListener) listener = g_new0(MomRpcListener, 1);
    gint64 number;
    gboolean done;

    listener->vdsm_uid = find_vdsm_uid();
    if (*port == '\0' || g_ascii_string_to_signed(port, 10, G_MININT64, -1, NULL, NULL)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "rpc-port `%s' serves nothing",
                    port);
        return NULL;
    }
    if (g_ascii_string_to_signed(port, 10, 0, G_MAXUINT16, &number, NULL)) {
        g_autoptr(GSocketAddress) address =
            g_inet_socket_address_new_from_string("127.0.0.1", (guint)number);

        done = listen_at(listener, address, port, error);
    } else {
        done = listen_on_path(listener, port, error);
    }
    return done ? g_steal_pointer(&listener) : NULL;
}

void
mom_rpc_listener_free(MomRpcListener *listener)
{
    struct stat st;

    if (!listener) {
        return;
    }
    if (listener->path && lstat(listener->path, &st) == 0 && st.st_dev == listener->device &&
        st.st_ino == listener->inode) {
        g_unlink(listener->path);
    }
    if (listener->socket) {
        g_socket_close(listener->socket, NULL);
    }
    g_clear_object(&listener->socket);
    g_free(listener->path);
    g_free(listener);
}

GSocket *
mom_rpc_listener_socket(const MomRpcListener *listener)
{
    return listener->socket;
}

/* ---- peers ---- */

gboolean
mom_rpc_listener_allows(const MomRpcListener *listener, GSocket *client, gint64 *uid)
{
    g_autoptr(GCredentials) credentials = NULL;
    struct ucred *peer;

    *uid = -1;
    if (!listener->path) {
        return TRUE;
    }
    credentials = g_socket_get_credentials(client, NULL);
    peer =
        credentials ? g_credentials_get_native(credentials, G_CREDENTIALS_TYPE_LINUX_UCRED) : NULL;
    if (!peer) {
        return FALSE;
    }
    *uid = peer->uid;
    return peer->uid == 0 || peer->uid == geteuid() || *uid == listener->vdsm_uid;
}
