/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See libvirt-channel.h.  Commands wait in one queue for a connection that is free.
 */
#include "agent/guest-agent/libvirt-channel.h"

#include <string.h>

#include "libvirt-client/agent.h"

/* libvirt itself waits so long at most for an agent, and some for its own locks. */
#define CALL_TIMEOUT_MS ((MOM_VIRT_AGENT_SYNC_S + MOM_AGENT_LIBVIRT_TIMEOUT_S + 3) * 1000)

typedef struct {
    MomAgentPool *pool;
    MomVirt *virt; /* NULL: not opened yet */
    gboolean is_busy;
} Connection;

struct MomAgentPool {
    MomVirtAddress address; /* strings are ours */
    MomVirtTimes times;
    Connection connections[MOM_AGENT_CONNECTIONS];
    GQueue queue; /* of Request */
    gboolean is_closing;
};

typedef struct {
    MomAgentChannel base;
    MomAgentPool *pool;
    char *uuid;
    struct Request *pending; /* NULL: no reply is awaited */
} Channel;

/* One command, queued or under way. */
typedef struct Request {
    Channel *channel; /* NULL: nobody waits for the reply */
    Connection *connection;
    char *uuid;
    char *command;
    MomAgentReplyFunc done;
    gpointer data;
} Request;

static void begin_requests(MomAgentPool *pool);

static void
request_free(gpointer data)
{
    Request *request = data;

    g_free(request->uuid);
    g_free(request->command);
    g_free(request);
}

static void
on_reply(const char *reply, const GError *error, gpointer data)
{
    Request *request = data;
    MomAgentPool *pool = request->connection->pool;
    Channel *channel = request->channel;

    request->connection->is_busy = FALSE;
    if (channel)
        channel->pending = NULL;
    if (channel && !pool->is_closing)
        request->done(reply, reply ? strlen(reply) : 0, error, request->data);
    request_free(request);
    if (!pool->is_closing)
        begin_requests(pool);
}

/* NULL: all are busy. */
static Connection *
find_connection(MomAgentPool *pool)
{
    const MomVirtOptions options = {.address = pool->address, .times = pool->times};

    for (gsize i = 0; i < G_N_ELEMENTS(pool->connections); i++) {
        Connection *connection = &pool->connections[i];

        if (connection->is_busy)
            continue;
        if (!connection->virt)
            connection->virt = mom_virt_new(&options, NULL);
        return connection;
    }
    return NULL;
}

static void
begin_requests(MomAgentPool *pool)
{
    while (!g_queue_is_empty(&pool->queue)) {
        Connection *connection = find_connection(pool);
        Request *request;

        if (!connection)
            return;
        request = g_queue_pop_head(&pool->queue);
        request->connection = connection;
        connection->is_busy = TRUE;
        mom_virt_agent_command(connection->virt, request->uuid, request->command,
                               MOM_AGENT_LIBVIRT_TIMEOUT_S, on_reply, request);
    }
}

/* ---- channels ---- */

static Request *
push(Channel *channel, const char *command)
{
    Request *request = g_new0(Request, 1);

    request->uuid = g_strdup(channel->uuid);
    request->command = g_strdup(command);
    g_queue_push_tail(&channel->pool->queue, request);
    return request;
}

static void
send_command(MomAgentChannel *self, const char *command, MomAgentReplyFunc done, gpointer data)
{
    Channel *channel = (Channel *)self; /* its first member */

    channel->pending = push(channel, command);
    channel->pending->channel = channel;
    channel->pending->done = done;
    channel->pending->data = data;
    begin_requests(channel->pool);
}

static void
redirect(MomAgentChannel *self, MomAgentReplyFunc done, gpointer data)
{
    Channel *channel = (Channel *)self;

    channel->pending->done = done;
    channel->pending->data = data;
}

/* A command that waits is withdrawn, one that is under way is left to its time-out. */
static void
close_channel(MomAgentChannel *self, const char *farewell)
{
    Channel *channel = (Channel *)self;

    if (channel->pending) {
        channel->pending->channel = NULL;
        if (g_queue_remove(&channel->pool->queue, channel->pending))
            request_free(channel->pending);
    }
    if (farewell) {
        push(channel, farewell);
        begin_requests(channel->pool);
    }
    g_free(channel->uuid);
    g_free(channel);
}

static const MomAgentChannelClass channel_class = {
    .send = send_command, .redirect = redirect, .close = close_channel};

MomAgentChannel *
mom_agent_pool_channel(MomAgentPool *pool, const char *uuid)
{
    Channel *channel = g_new0(Channel, 1);

    channel->base.klass = &channel_class;
    channel->pool = pool;
    channel->uuid = g_strdup(uuid);
    return &channel->base;
}

/* ---- the pool ---- */

MomAgentPool *
mom_agent_pool_new(const MomVirtAddress *address, const MomVirtTimes *times)
{
    MomAgentPool *pool = g_new0(MomAgentPool, 1);

    pool->address = *address;
    pool->address.uri = g_strdup(address->uri);
    pool->address.user = g_strdup(address->user);
    pool->address.password_file = g_strdup(address->password_file);
    if (times)
        pool->times = *times;
    else
        pool->times = (MomVirtTimes){.call_timeout_ms = CALL_TIMEOUT_MS,
                                     .call_timeout_max_ms = CALL_TIMEOUT_MS};
    for (gsize i = 0; i < G_N_ELEMENTS(pool->connections); i++)
        pool->connections[i].pool = pool;
    g_queue_init(&pool->queue);
    return pool;
}

void
mom_agent_pool_free(MomAgentPool *pool)
{
    if (!pool)
        return;
    pool->is_closing = TRUE;
    for (gsize i = 0; i < G_N_ELEMENTS(pool->connections); i++)
        mom_virt_free(pool->connections[i].virt);
    g_queue_clear_full(&pool->queue, request_free);
    g_free((char *)pool->address.uri);
    g_free((char *)pool->address.user);
    g_free((char *)pool->address.password_file);
    g_free(pool);
}
