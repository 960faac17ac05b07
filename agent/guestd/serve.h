/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The server: one poll loop over all connections.
 *
 * All that it will ever need is in one structure of a fixed size; while it serves, nothing is
 * allocated and nothing waits but poll itself, so that it answers when the guest's memory is all
 * but gone (its pages are locked, see main.c).  A peer costs its own connection at most: too many,
 * too long, too slow or odd, and it is hung up on.
 */
#pragma once

#include "agent/guestd/listen.h"
#include "agent/guestd/request.h"
#include "agent/guestd/stall.h"

#define MOM_SERVE_CONNECTIONS 16
/* A connection that asks for nothing ends after this; one that watches is kept. */
#define MOM_SERVE_IDLE_MS 60000
/* Who watches is one of at most so many. */
#define MOM_SERVE_WATCHERS 8
/* Of the connections, and of those that watch, so many are kept for vsock, where the host is:
 * whoever comes over the network, and however many, the host gets in. */
#define MOM_SERVE_FOR_VSOCK 2

typedef struct {
    int fd;     /* -1: none */
    int family; /* of its address */
    bool watches;
    int64_t served_ms; /* when it last asked for something */
    MomRequestBuffer in;
    MomTold told;
} MomConnection;

typedef struct {
    const MomSettings *settings; /* borrowed */
    MomListeners listeners;
    int64_t deaf_until_ms; /* accepting failed */
    MomFacts facts;
    MomStall stall;
    int64_t look_ms; /* when to look at the stalls */
    MomConnection connection[MOM_SERVE_CONNECTIONS];
} MomServer;

/* PROC_ROOT: "/", or a stand-in's directory. False and WHY if it cannot serve. */
bool mom_server_open(MomServer *server,
                     const MomSettings *settings,
                     const char *proc_root,
                     char why[MOM_SETTINGS_MESSAGE]);
void mom_server_close(MomServer *server);
/* Whether one more connection of FAMILY may come or, if TO_WATCH, one more of them may watch. */
bool mom_server_has_room(const MomServer *server, int family, bool to_watch);
/* Serves until STOP, a descriptor, can be read. */
void mom_server_run(MomServer *server, int stop);
