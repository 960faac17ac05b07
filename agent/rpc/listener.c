/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Making the socket, see listener.h.
 *
 * The mode is set by the umask around bind, and the group before anybody can connect, so that there
 * is no moment at which others could.  All is done under a lock, so that of several starts one
 * wins.
 */
#define G_LOG_DOMAIN "mom.RPCServer"

#include "agent/rpc/listener.h"

#include <errno.h>
#include <grp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>

#include "agent/rpc/path-lock.h"
#include "agent/rpc/users.h"

#define NO_GROUP ((gid_t)-1)
#define DIRECTORY_MODE 0755

struct MomRpcListener {
    GSocket *socket;
    gboolean is_port;
    char *path; /* that it made, or NULL */
    dev_t device;
    ino_t inode;
    MomRpcUsers *users;
};

/* ---- a path that is already there ---- */

/* Connects to PATH, never waits: 0 or an errno. */
static int
try_to_connect(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int code;

    if (fd < 0)
        return errno;
    g_strlcpy(address.sun_path, path, sizeof address.sun_path);
    code = connect(fd, (struct sockaddr *)&address, sizeof address) == 0 ? 0 : errno;
    close(fd);
    return code;
}

/* Only a refusal tells for certain that nobody serves PATH: a full queue is somebody's, and so may
 * be what is shut to us. */
static gboolean
is_stale(const char *path, GError **error)
{
    int code = try_to_connect(path);

    if (code == ECONNREFUSED || code == ENOENT)
        return TRUE;
    if (code == 0 || code == EAGAIN) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE, "another momd serves %s", path);
    } else {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE,
                    "cannot tell whether another momd serves %s: %s; if none does, remove it", path,
                    g_strerror(code));
    }
    return FALSE;
}

static gboolean
clear_path(const char *path, GError **error)
{
    struct stat st;

    if (lstat(path, &st) < 0)
        return TRUE; /* nothing there; or bind will say what is wrong */
    if (!S_ISSOCK(st.st_mode)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_EXISTS,
                    "%s exists and is no socket; move it away or choose another rpc-port", path);
        return FALSE;
    }
    if (!is_stale(path, error))
        return FALSE;
    if (g_unlink(path) < 0 && errno != ENOENT) {
        g_set_error(error, G_IO_ERROR, (int)g_io_error_from_errno(errno),
                    "cannot remove the stale socket %s: %s", path, g_strerror(errno));
        return FALSE;
    }
    return TRUE;
}

/* ---- the group ---- */

static gid_t
group_of_directory(const char *path)
{
    g_autofree char *directory = g_path_get_dirname(path);
    struct stat st;

    return stat(directory, &st) == 0 ? st.st_gid : NO_GROUP;
}

static gid_t
find_group(const char *name)
{
    const struct group *group = getgrnam(name);
    guint64 number;

    if (group)
        return group->gr_gid;
    if (g_ascii_string_to_unsigned(name, 10, 0, G_MAXUINT32 - 1, &number, NULL))
        return (gid_t)number;
    g_warning("rpc-socket-group: there is no group \"%s\"; the socket keeps the group it was made "
              "with",
              name);
    return NO_GROUP;
}

/* What the socket at PATH is to have, by the option GROUP. */
static gid_t
wanted_group(const char *path, const char *group)
{
    if (group && *group)
        return find_group(group);
    return geteuid() == 0 ? group_of_directory(path) : NO_GROUP;
}

static void
set_group(const char *path, gid_t group)
{
    if (group != NO_GROUP && lchown(path, (uid_t)-1, group) < 0) {
        g_warning("rpc-socket-group: %s cannot be given to group %u: %s", path, (guint)group,
                  g_strerror(errno));
    }
}

/* ---- binding ---- */

static gboolean
bind_at(MomRpcListener *listener, GSocketAddress *address, guint mode, GError **error)
{
    mode_t old_umask;
    gboolean bound;

    listener->socket = g_socket_new(g_socket_address_get_family(address), G_SOCKET_TYPE_STREAM,
                                    G_SOCKET_PROTOCOL_DEFAULT, error);
    if (!listener->socket)
        return FALSE;
    old_umask = umask(~(mode_t)mode & 0777);
    bound = g_socket_bind(listener->socket, address, TRUE, error);
    umask(old_umask);
    g_socket_set_listen_backlog(listener->socket, MOM_RPC_BACKLOG);
    g_socket_set_blocking(listener->socket, FALSE);
    return bound;
}

/* /run is empty after each boot: the directory of PATH, not its parents, is made as an init system
 * would. If that fails, the lock says what is wrong. */
static void
make_directory(const char *path)
{
    g_autofree char *directory = g_path_get_dirname(path);

    if (g_mkdir(directory, DIRECTORY_MODE) == 0)
        g_info("made %s", directory);
}

static gboolean
listen_on_port(MomRpcListener *listener, guint port, GError **error)
{
    g_autoptr(GSocketAddress) address = g_inet_socket_address_new_from_string("127.0.0.1", port);

    if (!bind_at(listener, address, 0, error) || !g_socket_listen(listener->socket, error)) {
        g_prefix_error(error, "cannot serve RPC at %u: ", port);
        return FALSE;
    }
    listener->is_port = TRUE;
    return TRUE;
}

/* From bind to listen the path is there and nobody is served, so that what takes time comes before.
 */
static gboolean
serve_path(MomRpcListener *listener, const MomRpcListenerOptions *options, GError **error)
{
    const char *path = options->port;
    g_autoptr(GSocketAddress) address = g_unix_socket_address_new(path);
    gid_t group = wanted_group(path, options->group);
    struct stat st;

    if (!bind_at(listener, address, options->mode ? options->mode : MOM_RPC_SOCKET_MODE, error))
        return FALSE;
    if (lstat(path, &st) == 0) {
        listener->path = g_strdup(path);
        listener->device = st.st_dev;
        listener->inode = st.st_ino;
    }
    set_group(path, group);
    return g_socket_listen(listener->socket, error);
}

static gboolean
listen_on_path(MomRpcListener *listener, const MomRpcListenerOptions *options, GError **error)
{
    const char *path = options->port;
    g_autoptr(MomPathLock) lock = NULL;

    if (strlen(path) >= sizeof((struct sockaddr_un *)NULL)->sun_path) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FILENAME_TOO_LONG,
                    "%s: too long for a unix socket", path);
        return FALSE;
    }
    make_directory(path);
    lock = mom_path_lock_new(path, error);
    if (lock && !clear_path(path, error))
        return FALSE;
    if (!lock || !serve_path(listener, options, error)) {
        g_prefix_error(error, "cannot serve RPC at %s: ", path);
        return FALSE;
    }
    return TRUE;
}

MomRpcListener *
mom_rpc_listener_new(const MomRpcListenerOptions *options, GError **error)
{
    g_autoptr(MomRpcListener) listener = g_new0(MomRpcListener, 1);
    const char *port = options->port;
    gint64 number;
    gboolean done;

    if (*port == '\0' || g_ascii_string_to_signed(port, 10, G_MININT64, -1, NULL, NULL)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "rpc-port `%s' serves nothing",
                    port);
        return NULL;
    }
    /* Before there is a socket: it may take its time. */
    listener->users = mom_rpc_users_new(options->allowed_users);
    if (g_ascii_string_to_signed(port, 10, 0, G_MAXUINT16, &number, NULL))
        done = listen_on_port(listener, (guint)number, error);
    else
        done = listen_on_path(listener, options, error);
    return done ? g_steal_pointer(&listener) : NULL;
}

void
mom_rpc_listener_free(MomRpcListener *listener)
{
    struct stat st;

    if (!listener)
        return;
    if (listener->path && lstat(listener->path, &st) == 0 && st.st_dev == listener->device &&
        st.st_ino == listener->inode)
        g_unlink(listener->path);
    if (listener->socket)
        g_socket_close(listener->socket, NULL);
    g_clear_object(&listener->socket);
    mom_rpc_users_free(listener->users);
    g_free(listener->path);
    g_free(listener);
}

GSocket *
mom_rpc_listener_socket(const MomRpcListener *listener)
{
    return listener->socket;
}

gboolean
mom_rpc_listener_is_port(const MomRpcListener *listener)
{
    return listener->is_port;
}

/* ---- peers ---- */

gboolean
mom_rpc_listener_allows(const MomRpcListener *listener, GSocket *client, gint64 *uid)
{
    g_autoptr(GCredentials) credentials = NULL;
    struct ucred *peer;

    *uid = -1;
    if (listener->is_port)
        return TRUE;
    credentials = g_socket_get_credentials(client, NULL);
    peer =
        credentials ? g_credentials_get_native(credentials, G_CREDENTIALS_TYPE_LINUX_UCRED) : NULL;
    if (!peer)
        return FALSE;
    *uid = peer->uid;
    return mom_rpc_users_has(listener->users, peer->uid);
}
