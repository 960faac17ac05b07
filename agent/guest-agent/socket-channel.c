/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See socket-channel.h.  A unix socket connects at once or not at all, and a command is shorter
 * than what its buffer holds: only replies are waited for.
 */
#include "agent/guest-agent/socket-channel.h"

#include <gio/gio.h>
#include <gio/gunixsocketaddress.h>
#include <string.h>
#include <sys/un.h>

#include "agent/guest-agent/reader.h"

/* Read in one turn of the main loop. */
#define TURN_BYTES 16384

typedef struct {
    MomAgentChannel base;
    guint references; /* one is the owner's, one that of a callback that runs */
    char *path;
    guint timeout_ms;
    GSocket *socket; /* NULL: not connected */
    GSource *reading;
    guint timer; /* of the awaited reply, or of a failure to be told */
    MomAgentReader *reader;
    gint64 sync_id;         /* 0: in step */
    char *command;          /* to be sent once in step */
    MomAgentReplyFunc done; /* NULL: no reply is awaited */
    gpointer data;
    GError *failure; /* to be told from the main loop */
    gboolean is_closed;
} Channel;

/* ---- life ---- */

static void
let_go(Channel *self)
{
    if (--self->references > 0)
        return;
    mom_agent_reader_free(self->reader);
    g_clear_error(&self->failure);
    g_free(self->command);
    g_free(self->path);
    g_free(self);
}

static void
clear_timer(Channel *self)
{
    g_clear_handle_id(&self->timer, g_source_remove);
}

static void
disconnect(Channel *self)
{
    clear_timer(self);
    if (self->reading) {
        g_source_destroy(self->reading);
        g_clear_pointer(&self->reading, g_source_unref);
    }
    g_clear_object(&self->socket);
}

/* The last act for the awaited command; the channel may be closed in it. */
static void
tell(Channel *self, const char *text, gsize length, const GError *error)
{
    MomAgentReplyFunc done = self->done;

    clear_timer(self);
    self->done = NULL;
    if (error)
        disconnect(self);
    if (done)
        done(text, length, error, self->data);
}

static gboolean
tell_failure(gpointer data)
{
    Channel *self = data;
    g_autoptr(GError) error = g_steal_pointer(&self->failure);

    self->timer = 0;
    tell(self, NULL, 0, error);
    return G_SOURCE_REMOVE;
}

/* Takes ERROR over, and tells it from the main loop. */
static void
fail_later(Channel *self, GError *error)
{
    clear_timer(self);
    g_clear_error(&self->failure);
    self->failure = error;
    self->timer = g_idle_add(tell_failure, self);
}

static gboolean
on_timeout(gpointer data)
{
    Channel *self = data;
    g_autoptr(GError) error = g_error_new(MOM_AGENT_ERROR, MOM_AGENT_ERROR_TIMEOUT,
                                          self->sync_id ? "%s: no agent answers"
                                                        : "%s: the guest's agent does not answer",
                                          self->path);

    self->timer = 0;
    tell(self, NULL, 0, error);
    return G_SOURCE_REMOVE;
}

/* ---- writing ---- */

static gboolean
write_line(Channel *self, const char *before, const char *command, GError **error)
{
    g_autofree char *line = g_strconcat(before, command, "\n", NULL);
    gssize sent = g_socket_send(self->socket, line, strlen(line), NULL, error);

    if (sent < 0)
        return FALSE;
    if ((gsize)sent == strlen(line))
        return TRUE;
    g_set_error(error, MOM_AGENT_ERROR, MOM_AGENT_ERROR_TIMEOUT, "no agent reads");
    return FALSE;
}

static void
send_command(Channel *self, const char *before, const char *command)
{
    g_autoptr(GError) error = NULL;

    if (!write_line(self, before, command, &error)) {
        g_prefix_error(&error, "%s: ", self->path);
        fail_later(self, g_steal_pointer(&error));
        return;
    }
    clear_timer(self);
    self->timer = g_timeout_add(self->timeout_ms, on_timeout, self);
}

/* The mark before it makes the agent forget what somebody else began to write to it. */
static void
synchronise(Channel *self)
{
    static const char mark[] = {MOM_AGENT_MARK, '\0'};
    g_autofree char *command = NULL;

    self->sync_id = g_random_int_range(1, G_MAXINT32);
    command = mom_agent_command_sync(self->sync_id);
    send_command(self, mark, command);
}

/* ---- reading ---- */

/* An answer to an earlier question of somebody's has another id, and the next mark is ours. */
static void
take_sync(Channel *self, const GString *line)
{
    g_autofree char *command = NULL;
    gint64 id;

    if (!mom_agent_reply_integer(line->str, line->len, &id, NULL) || id != self->sync_id) {
        mom_agent_reader_skip(self->reader);
        return;
    }
    self->sync_id = 0;
    command = g_steal_pointer(&self->command);
    send_command(self, "", command);
}

static void
take_line(Channel *self, const GString *line)
{
    if (self->sync_id)
        take_sync(self, line);
    else if (self->done && !self->failure)
        tell(self, line->str, line->len, NULL);
}

/* FALSE: it failed, or was closed by whoever got a reply. */
static gboolean
take_bytes(Channel *self, const char *bytes, gsize length, GError **error)
{
    while (length > 0) {
        const GString *line = mom_agent_reader_take(self->reader, &bytes, &length, error);

        if (!line)
            return length == 0 && !(error && *error);
        take_line(self, line);
        if (self->is_closed || !self->socket)
            return FALSE;
    }
    return TRUE;
}

static gboolean
on_readable(GSocket *socket, GIOCondition condition, gpointer data)
{
    Channel *self = data;
    g_autoptr(GError) error = NULL;
    char bytes[TURN_BYTES];
    gssize n = g_socket_receive(socket, bytes, sizeof bytes, NULL, &error);

    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
        return G_SOURCE_CONTINUE;
    self->references++;
    if (n == 0)
        g_set_error(&error, MOM_AGENT_ERROR, MOM_AGENT_ERROR_GONE, "the connection was closed");
    if (n > 0)
        take_bytes(self, bytes, (gsize)n, &error);
    if (error && !self->is_closed) {
        g_prefix_error(&error, "%s: ", self->path);
        tell(self, NULL, 0, error);
        disconnect(self);
    }
    let_go(self);
    return G_SOURCE_CONTINUE; /* it was destroyed, if so */
}

/* ---- connecting ---- */

static gboolean
connect_socket(Channel *self, GError **error)
{
    g_autoptr(GSocketAddress) address = NULL;
    g_autoptr(GSocket) socket = NULL;

    /* GLib would cut it. */
    if (strlen(self->path) >= sizeof((struct sockaddr_un *)NULL)->sun_path) {
        g_set_error(error, MOM_AGENT_ERROR, MOM_AGENT_ERROR_GONE,
                    "the path is too long for a socket");
        return FALSE;
    }
    socket =
        g_socket_new(G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, error);
    if (!socket)
        return FALSE;
    g_socket_set_blocking(socket, FALSE);
    address = g_unix_socket_address_new(self->path);
    if (!g_socket_connect(socket, address, NULL, error))
        return FALSE;
    self->socket = g_steal_pointer(&socket);
    self->reading = g_socket_create_source(self->socket, G_IO_IN | G_IO_HUP, NULL);
    g_source_set_callback(self->reading, G_SOURCE_FUNC(on_readable), self, NULL);
    g_source_attach(self->reading, NULL);
    return TRUE;
}

static void
send_or_connect(MomAgentChannel *channel,
                const char *command,
                MomAgentReplyFunc done,
                gpointer data)
{
    Channel *self = (Channel *)channel; /* its first member */
    g_autoptr(GError) error = NULL;

    self->done = done;
    self->data = data;
    if (self->socket) {
        send_command(self, "", command);
    } else if (connect_socket(self, &error)) {
        self->command = g_strdup(command);
        synchronise(self);
    } else {
        g_prefix_error(&error, "%s: ", self->path);
        fail_later(self, g_steal_pointer(&error));
    }
}

static void
redirect(MomAgentChannel *channel, MomAgentReplyFunc done, gpointer data)
{
    Channel *self = (Channel *)channel;

    self->done = done;
    self->data = data;
}

/* What was written before the end is read by the other side all the same. */
static void
close_channel(MomAgentChannel *channel, const char *farewell)
{
    Channel *self = (Channel *)channel;

    if (farewell && self->socket && !self->sync_id && !self->failure)
        write_line(self, "", farewell, NULL);
    self->is_closed = TRUE;
    self->done = NULL;
    disconnect(self);
    let_go(self);
}

static const MomAgentChannelClass channel_class = {
    .send = send_or_connect, .redirect = redirect, .close = close_channel};

MomAgentChannel *
mom_agent_socket_channel_new(const char *path, guint timeout_ms)
{
    Channel *self = g_new0(Channel, 1);

    self->references = 1;
    self->base.klass = &channel_class;
    self->path = g_strdup(path);
    self->timeout_ms = timeout_ms ? timeout_ms : MOM_AGENT_SOCKET_TIMEOUT_MS;
    self->reader = mom_agent_reader_new();
    return &self->base;
}
