/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A connection and the peers that it may go to, with what came of states, calls and events as text.
 *
 * For the tests of vdsm-client's connection; asserts what holds in all of them.
 */
#pragma once

#include "tests/mom-test.h"

#include "tests/vdsm-client/peer.h"
#include "vdsm-client/connection.h"

typedef struct {
    Peer *peer;
    Peer *other; /* another place to go to */
    MomVdsmConnection *connection;
    MomVdsmOptions options;
    MomVdsmPace pace;
    GString *states; /* "connecting connected ..." */
    char *why;       /* the last */
    guint drops;
    GString *outcomes; /* of calls, "name=..." */
    guint ended;
    GString *events;
    gboolean free_in_callback;
} ConnectionFixture;

/* For cmocka; tests may change options and pace before they begin. */
int connection_set_up(void **state);
int connection_tear_down(void **state);

void connection_begin(ConnectionFixture *f);
gboolean connection_is_up(const ConnectionFixture *f);
/* Begins, and waits until it is connected and has subscribed. */
void connection_begin_and_connect(ConnectionFixture *f);
/* Its outcome is noted when it comes. */
void connection_call(ConnectionFixture *f, const char *method);
