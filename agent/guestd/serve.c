/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See serve.h.  A reply is sent whole or the connection ends: a peer that does not read is no peer.
 */
#include "agent/guestd/serve.h"

#include <errno.h>
#include <linux/vm_sockets.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* So long nobody is accepted when that failed for want of something. */
#define DEAF_MS 1000
#define WINDOW_MS (MOM_STALL_WINDOW_US / 1000)

static int64_t
now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- one connection ---- */

static void
hang_up(MomConnection *connection)
{
    close(connection->fd);
    connection->fd = -1;
    connection->watches = false;
}

static unsigned
count_watchers(const MomServer *server)
{
    unsigned n = 0;

    for (unsigned i = 0; i < MOM_SERVE_CONNECTIONS; i++)
        n += server->connection[i].fd >= 0 && server->connection[i].watches;
    return n;
}

bool
mom_server_has_room(const MomServer *server, int family, bool to_watch)
{
    unsigned most = to_watch ? MOM_SERVE_WATCHERS : MOM_SERVE_CONNECTIONS, all = 0, network = 0;

    for (unsigned i = 0; i < MOM_SERVE_CONNECTIONS; i++) {
        const MomConnection *connection = &server->connection[i];

        if (connection->fd < 0 || (to_watch && !connection->watches))
            continue;
        all++;
        network += connection->family != AF_VSOCK;
    }
    return all < most && (family == AF_VSOCK || network < most - MOM_SERVE_FOR_VSOCK);
}

static bool
send_reply(const MomConnection *connection, const MomReply *reply)
{
    return send(connection->fd, reply->text, reply->length, MSG_DONTWAIT | MSG_NOSIGNAL) ==
           (ssize_t)reply->length;
}

static bool
answer(MomServer *server, MomConnection *connection, MomRequest request)
{
    MomReply reply;
    MomNumbers now;

    if (request == MOM_REQUEST_STATS) {
        if (!mom_facts_read(&server->facts, &now))
            return false;
        mom_reply_stats(&reply, "", &now, &connection->told);
    } else if (request == MOM_REQUEST_PROPS) {
        mom_reply_props(&reply, server->settings->min_free, server->settings->max_free);
    } else if (request == MOM_REQUEST_WATCH &&
               (connection->watches || mom_server_has_room(server, connection->family, true))) {
        connection->watches = true;
        mom_reply_word(&reply, MOM_GUESTD_WATCHING);
    } else {
        return false;
    }
    connection->served_ms = now_ms();
    return send_reply(connection, &reply);
}

/* False: it is to be hung up on. */
static bool
serve(MomServer *server, MomConnection *connection)
{
    size_t room;
    char *to = mom_request_room(&connection->in, &room);
    ssize_t n = recv(connection->fd, to, room, MSG_DONTWAIT);
    MomRequest request;

    if (n < 0)
        return errno == EAGAIN || errno == EINTR;
    if (n == 0)
        return false;
    mom_request_received(&connection->in, (size_t)n);
    while ((request = mom_request_next(&connection->in)) != MOM_REQUEST_NONE)
        if (!answer(server, connection, request))
            return false;
    return true;
}

/* ---- who comes ---- */

/* NULL: there is no room for one more of FAMILY. */
static MomConnection *
free_connection(MomServer *server, int family)
{
    if (!mom_server_has_room(server, family, false))
        return NULL;
    for (unsigned i = 0; i < MOM_SERVE_CONNECTIONS; i++)
        if (server->connection[i].fd < 0)
            return &server->connection[i];
    return NULL;
}

static bool
is_passing(int error)
{
    return error == EAGAIN || error == EINTR || error == ECONNABORTED || error == EPROTO;
}

static void
accept_one(MomServer *server, int listener)
{
    struct sockaddr_storage address;
    socklen_t length = sizeof address;
    int fd = accept4(listener, (struct sockaddr *)&address, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    MomConnection *connection;

    if (fd < 0) {
        if (!is_passing(errno))
            server->deaf_until_ms = now_ms() + DEAF_MS;
        return;
    }
    connection = free_connection(server, address.ss_family);
    if (!connection ||
        !mom_peers_allow(&server->settings->peers, (const struct sockaddr *)&address)) {
        close(fd);
        return;
    }
    *connection = (MomConnection){.fd = fd, .family = address.ss_family, .served_ms = now_ms()};
}

/* ---- distress ---- */

static void
tell_watchers(MomServer *server)
{
    MomReply reply;
    MomNumbers now;

    if (count_watchers(server) == 0 || !mom_facts_read(&server->facts, &now))
        return;
    for (unsigned i = 0; i < MOM_SERVE_CONNECTIONS; i++) {
        MomConnection *connection = &server->connection[i];

        if (connection->fd < 0 || !connection->watches)
            continue;
        mom_reply_stats(&reply, MOM_GUESTD_DISTRESS, &now, &connection->told);
        if (!send_reply(connection, &reply))
            hang_up(connection);
    }
}

/* TRIGGERED: poll's word about the trigger. */
static void
look_for_distress(MomServer *server, short triggered)
{
    MomNumbers now = {0};

    if (triggered & POLLERR) /* PSI was switched off */
        mom_stall_close(&server->stall);
    else if (triggered & POLLPRI)
        tell_watchers(server);
    if (server->stall.trigger >= 0 || count_watchers(server) == 0 || now_ms() < server->look_ms)
        return;
    server->look_ms = now_ms() + WINDOW_MS;
    if (mom_facts_read_pressure(&server->facts, &now) && mom_stall_look(&server->stall, &now))
        tell_watchers(server);
}

/* ---- the loop ---- */

static void
end_idle(MomServer *server)
{
    int64_t now = now_ms();

    for (unsigned i = 0; i < MOM_SERVE_CONNECTIONS; i++) {
        MomConnection *connection = &server->connection[i];

        if (connection->fd >= 0 && !connection->watches &&
            now - connection->served_ms >= MOM_SERVE_IDLE_MS)
            hang_up(connection);
    }
}

static int64_t
soonest(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* In milliseconds; -1: for ever. */
static int
patience(const MomServer *server)
{
    int64_t now = now_ms(), until = INT64_MAX;

    for (unsigned i = 0; i < MOM_SERVE_CONNECTIONS; i++)
        if (server->connection[i].fd >= 0 && !server->connection[i].watches)
            until = soonest(until, server->connection[i].served_ms + MOM_SERVE_IDLE_MS);
    if (server->deaf_until_ms > now)
        until = soonest(until, server->deaf_until_ms);
    if (server->stall.trigger < 0 && server->facts.pressure >= 0 && count_watchers(server) > 0)
        until = soonest(until, server->look_ms);
    if (until == INT64_MAX)
        return -1;
    return until <= now ? 0 : (int)(until - now);
}

enum {
    STOP,
    TRIGGER,
    LISTENERS,
    CONNECTIONS = LISTENERS + MOM_LISTEN_MAX,
    POLLED = CONNECTIONS + MOM_SERVE_CONNECTIONS,
};

/* What is not there is -1, which poll passes over. */
static void
fill(const MomServer *server, int stop, struct pollfd polled[POLLED])
{
    bool deaf = server->deaf_until_ms > now_ms();

    polled[STOP] = (struct pollfd){.fd = stop, .events = POLLIN};
    /* Also while nobody watches: what fired long ago is no news to who comes. */
    polled[TRIGGER] = (struct pollfd){.fd = server->stall.trigger, .events = POLLPRI};
    for (unsigned i = 0; i < MOM_LISTEN_MAX; i++)
        polled[LISTENERS + i] = (struct pollfd){
            .fd = i < server->listeners.n && !deaf ? server->listeners.socket[i] : -1,
            .events = POLLIN};
    for (unsigned i = 0; i < MOM_SERVE_CONNECTIONS; i++)
        polled[CONNECTIONS + i] = (struct pollfd){.fd = server->connection[i].fd, .events = POLLIN};
}

void
mom_server_run(MomServer *server, int stop)
{
    struct pollfd polled[POLLED];

    for (;;) {
        fill(server, stop, polled);
        if (poll(polled, POLLED, patience(server)) < 0 && errno != EINTR)
            return;
        if (polled[STOP].revents)
            return;
        for (unsigned i = 0; i < MOM_SERVE_CONNECTIONS; i++)
            if (polled[CONNECTIONS + i].fd >= 0 && polled[CONNECTIONS + i].revents &&
                !serve(server, &server->connection[i]))
                hang_up(&server->connection[i]);
        end_idle(server);
        look_for_distress(server, polled[TRIGGER].revents);
        for (unsigned i = 0; i < server->listeners.n; i++)
            if (polled[LISTENERS + i].revents)
                accept_one(server, server->listeners.socket[i]);
    }
}

/* ---- life ---- */

bool
mom_server_open(MomServer *server,
                const MomSettings *settings,
                const char *proc_root,
                char why[MOM_SETTINGS_MESSAGE])
{
    server->settings = settings;
    server->deaf_until_ms = server->look_ms = 0;
    for (unsigned i = 0; i < MOM_SERVE_CONNECTIONS; i++)
        server->connection[i].fd = -1;
    if (!mom_facts_open(&server->facts, proc_root)) {
        snprintf(why, MOM_SETTINGS_MESSAGE,
                 "cannot read the kernel's figures below %.200s/proc: %s", proc_root,
                 strerror(errno));
        return false;
    }
    if (!mom_listen(&server->listeners, settings, why)) {
        mom_facts_close(&server->facts);
        return false;
    }
    mom_stall_open(&server->stall, proc_root);
    return true;
}

void
mom_server_close(MomServer *server)
{
    for (unsigned i = 0; i < MOM_SERVE_CONNECTIONS; i++)
        if (server->connection[i].fd >= 0)
            hang_up(&server->connection[i]);
    mom_listen_close(&server->listeners);
    mom_stall_close(&server->stall);
    mom_facts_close(&server->facts);
}
