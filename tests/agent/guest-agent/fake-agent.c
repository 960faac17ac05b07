/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See fake-agent.h.  The socket lives in the same main loop as what is tested.
 */
#include "tests/agent/guest-agent/fake-agent.h"

#include <gio/gunixsocketaddress.h>
#include <stdio.h>
#include <string.h>

const char *const fake_meminfo = "MemTotal:        1000000 kB\n"
                                 "MemFree:          400000 kB\n"
                                 "MemAvailable:     550000 kB\n"
                                 "Buffers:           20000 kB\n"
                                 "Cached:           130000 kB\n"
                                 "SwapTotal:        300000 kB\n"
                                 "SwapFree:         290000 kB\n";
const char *const fake_vmstat = "nr_free_pages 100000\n"
                                "pswpin 100\n"
                                "pswpout 200\n"
                                "pgfault 5000\n"
                                "pgmajfault 50\n";

FakeAgent *
fake_agent_new(void)
{
    FakeAgent *agent = g_new0(FakeAgent, 1);

    agent->meminfo = fake_meminfo;
    agent->vmstat = fake_vmstat;
    agent->chunk_bytes = 4096;
    agent->next_handle = 1000;
    agent->commands = g_ptr_array_new_with_free_func(g_free);
    agent->files[0] = g_string_new(NULL);
    agent->files[1] = g_string_new(NULL);
    return agent;
}

void
fake_agent_free(FakeAgent *agent)
{
    g_string_free(agent->files[0], TRUE);
    g_string_free(agent->files[1], TRUE);
    g_ptr_array_unref(agent->commands);
    g_free(agent);
}

static gint64
number_after(const char *command, const char *key)
{
    const char *at = strstr(command, key);

    return at ? g_ascii_strtoll(at + strlen(key), NULL, 10) : -1;
}

static char *
refuse(const char *class, const char *words)
{
    return g_strdup_printf("{\"error\": {\"class\": \"%s\", \"desc\": \"%s\"}}", class, words);
}

static char *
answer_info(FakeAgent *agent)
{
    const char *enabled = agent->disabled ? "false" : "true";

    agent->infos++;
    return g_strdup_printf("{\"return\": {\"version\": \"7.2.0\", \"supported_commands\": ["
                           "{\"enabled\": true, \"name\": \"guest-ping\", "
                           "\"success-response\": true}, "
                           "{\"enabled\": %s, \"name\": \"guest-file-close\"}, "
                           "{\"enabled\": %s, \"name\": \"guest-file-read\"}, "
                           "{\"enabled\": %s, \"name\": \"guest-file-open\"}]}}",
                           enabled, enabled, enabled);
}

static char *
answer_open(FakeAgent *agent, const char *command)
{
    const char *text = strstr(command, "/proc/meminfo")  ? agent->meminfo
                       : strstr(command, "/proc/vmstat") ? agent->vmstat
                                                         : NULL;

    if (agent->disabled)
        return refuse("CommandNotFound", "Command guest-file-open has been disabled");
    if (!text)
        return refuse("GenericError", "failed to open file: No such file or directory");
    agent->opened++;
    g_string_assign(agent->files[agent->next_handle % 2], text);
    return g_strdup_printf("{\"return\": %" G_GINT64_FORMAT "}", agent->next_handle++);
}

static char *
answer_read(FakeAgent *agent, const char *command)
{
    GString *file = agent->files[number_after(command, "\"handle\": ") % 2];
    gsize n = MIN(file->len, agent->chunk_bytes);
    g_autofree char *base64 = g_base64_encode((const guchar *)file->str, n);

    if (agent->read_fails)
        return refuse("GenericError", "failed to read file: Input/output error");
    g_string_erase(file, 0, (gssize)n);
    return g_strdup_printf("{\"return\": {\"count\": %zu, \"buf-b64\": \"%s\"%s}}", n, base64,
                           n ? "" : ", \"eof\": true");
}

char *
fake_agent_answer(FakeAgent *agent, const char *command)
{
    if (strstr(command, "guest-sync-delimited"))
        return g_strdup_printf("\xff{\"return\": %" G_GINT64_FORMAT "}",
                               number_after(command, "\"id\": "));
    g_ptr_array_add(agent->commands, g_strdup(command));
    if (strstr(command, "guest-file-close")) {
        agent->closed++;
        return g_strdup("{\"return\": {}}");
    }
    if (agent->nonsense)
        return g_strdup(agent->nonsense);
    if (strstr(command, "guest-info"))
        return answer_info(agent);
    if (strstr(command, "guest-file-open"))
        return answer_open(agent, command);
    if (strstr(command, "guest-file-read"))
        return answer_read(agent, command);
    return refuse("CommandNotFound", "The command has not been found");
}

/* ---- on a socket ---- */

struct FakePeer {
    FakeAgent *agent;
    GSocket *listener;
    GSource *incoming;
    char *path;
    char *stale;
    int replies_left; /* negative: for ever */
    gboolean hangs_up;
    guint connections;
    GPtrArray *links; /* of Link: open ones */
};

typedef struct {
    FakePeer *peer;
    GSocket *socket;
    GSource *source;
    GString *line;
} Link;

static void
link_free(gpointer data)
{
    Link *link = data;

    g_source_destroy(link->source);
    g_source_unref(link->source);
    g_object_unref(link->socket);
    g_string_free(link->line, TRUE);
    g_free(link);
}

static void
write_all(Link *link, const char *text)
{
    gsize length = strlen(text);

    while (length > 0) {
        gssize n = g_socket_send(link->socket, text, length, NULL, NULL);

        if (n <= 0)
            return; /* nobody reads any more */
        text += n;
        length -= (gsize)n;
    }
}

/* FALSE: the link is over. */
static gboolean
answer_line(Link *link)
{
    FakePeer *peer = link->peer;
    const char *command = link->line->str;
    g_autofree char *reply = NULL;

    /* As the real one, which takes the mark for an error in what came before. */
    if (*command == '\xff') {
        write_all(link,
                  "{\"error\": {\"class\": \"GenericError\", \"desc\": \"JSON parse error\"}}\n");
        command++;
    }
    if (peer->replies_left == 0)
        return !peer->hangs_up;
    if (peer->replies_left > 0)
        peer->replies_left--;
    reply = fake_agent_answer(peer->agent, command);
    write_all(link, reply);
    write_all(link, "\n");
    g_string_truncate(link->line, 0);
    return TRUE;
}

static gboolean
on_readable(GSocket *socket, GIOCondition condition, gpointer data)
{
    Link *link = data;
    char bytes[256];
    gssize n = g_socket_receive(socket, bytes, sizeof bytes, NULL, NULL);
    gboolean goes_on = n > 0;

    for (gssize i = 0; goes_on && i < n; i++)
        if (bytes[i] == '\n')
            goes_on = answer_line(link);
        else
            g_string_append_c(link->line, bytes[i]);
    if (!goes_on)
        g_ptr_array_remove(link->peer->links, link);
    return G_SOURCE_CONTINUE;
}

static gboolean
on_incoming(GSocket *listener, GIOCondition condition, gpointer data)
{
    FakePeer *peer = data;
    Link *link = g_new0(Link, 1);

    peer->connections++;
    link->peer = peer;
    link->socket = g_socket_accept(listener, NULL, NULL);
    link->line = g_string_new(NULL);
    link->source = g_socket_create_source(link->socket, G_IO_IN, NULL);
    g_source_set_callback(link->source, G_SOURCE_FUNC(on_readable), link, NULL);
    g_source_attach(link->source, NULL);
    g_ptr_array_add(peer->links, link);
    if (peer->stale)
        write_all(link, peer->stale);
    return G_SOURCE_CONTINUE;
}

FakePeer *
fake_peer_new(FakeAgent *agent, const char *socket_path, const char *stale)
{
    FakePeer *peer = g_new0(FakePeer, 1);
    g_autoptr(GSocketAddress) address = g_unix_socket_address_new(socket_path);
    g_autoptr(GError) error = NULL;

    peer->agent = agent;
    peer->path = g_strdup(socket_path);
    peer->stale = g_strdup(stale);
    peer->replies_left = -1;
    peer->links = g_ptr_array_new_with_free_func(link_free);
    peer->listener =
        g_socket_new(G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, NULL);
    if (!g_socket_bind(peer->listener, address, FALSE, &error) ||
        !g_socket_listen(peer->listener, &error))
        g_error("%s: %s", socket_path, error->message);
    peer->incoming = g_socket_create_source(peer->listener, G_IO_IN, NULL);
    g_source_set_callback(peer->incoming, G_SOURCE_FUNC(on_incoming), peer, NULL);
    g_source_attach(peer->incoming, NULL);
    return peer;
}

void
fake_peer_free(FakePeer *peer)
{
    g_source_destroy(peer->incoming);
    g_source_unref(peer->incoming);
    g_object_unref(peer->listener);
    g_ptr_array_unref(peer->links);
    remove(peer->path);
    g_free(peer->path);
    g_free(peer->stale);
    g_free(peer);
}

void
fake_peer_fail_after(FakePeer *peer, int replies, gboolean hangs_up)
{
    peer->replies_left = replies;
    peer->hangs_up = hangs_up;
}

guint
fake_peer_connections(const FakePeer *peer)
{
    return peer->connections;
}

guint
fake_peer_open(const FakePeer *peer)
{
    return peer->links->len;
}
