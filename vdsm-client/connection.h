/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One lasting connection to vdsm: it is made, watched and made anew for ever; calls go over it.
 *
 * All work is done from the main context that was the thread's default at _new; nothing blocks.
 * What breaks (refused, EOF, silence, a broken frame, an ERROR frame, three rounds of calls without
 * an answer) ends in the same place: the connection is dropped, its calls fail with NOT_CONNECTED,
 * and after a pause that doubles up to a limit, with jitter, the next attempt begins.  It must
 * never send before CONNECT and SUBSCRIBE, never give up, never log above debug.
 *
 * Every callback may make calls and may free the connection.
 */
#pragma once

#include <gio/gio.h>

#include "vdsm-client/address.h" /* MomVdsmOptions */
#include "vdsm-client/jsonrpc.h"
#include "vdsm-client/pace.h"

typedef enum {
    MOM_VDSM_DISCONNECTED, /* waiting before the next try */
    MOM_VDSM_CONNECTING,   /* TCP, TLS, CONNECT sent */
    MOM_VDSM_CONNECTED,    /* the CONNECTED frame has come */
} MomVdsmState;

typedef void (*MomVdsmStateFunc)(MomVdsmState state, const GError *why, gpointer data);

typedef struct MomVdsmConnection MomVdsmConnection;

MomVdsmConnection *mom_vdsm_connection_new(const MomVdsmOptions *options, const MomVdsmPace *pace);
/* Ends all calls with G_IO_ERROR_CANCELLED before it returns; no callback comes after it. An
 * attempt under way is let go by the next turns of the main loop. */
void mom_vdsm_connection_free(MomVdsmConnection *connection);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomVdsmConnection, mom_vdsm_connection_free)

/* Before start. WATCH is told changes of state, and every failed attempt with why it failed. */
void mom_vdsm_connection_watch_state(MomVdsmConnection *connection,
                                     MomVdsmStateFunc watch,
                                     gpointer data);
/* Before start. Asks for jms.queue.events too. Any client may send there: an event is a hint, and a
 * broken one is dropped. */
void mom_vdsm_connection_watch_events(MomVdsmConnection *connection,
                                      MomJsonrpcEvent watch,
                                      gpointer data);

void mom_vdsm_connection_start(MomVdsmConnection *connection);
/* From now on OPTIONS hold, but for the window.  If they lead elsewhere than the present
 * connection, or the files show another certificate, key or CA than it was made with, it is made
 * anew: told as CONNECTING without a DISCONNECTED, as soon as no call is under way, so that none is
 * lost.  One that waits for its next attempt makes it at once.  FALSE: the files cannot be used;
 * then nothing has changed. */
gboolean mom_vdsm_connection_configure(MomVdsmConnection *connection,
                                       const MomVdsmOptions *options,
                                       GError **error);
MomVdsmState mom_vdsm_connection_state(const MomVdsmConnection *connection);

/* DONE is called from the main loop, exactly once, never before this returns. PARAMS is taken over.
 * While not connected it fails with NOT_CONNECTED. */
void mom_vdsm_connection_call(MomVdsmConnection *connection,
                              const char *method,
                              struct json_object *params,
                              MomJsonrpcDone done,
                              gpointer data);
/* See mom_jsonrpc_drop_waiting; the calls end with G_IO_ERROR_CANCELLED before it returns. */
void mom_vdsm_connection_drop_waiting(MomVdsmConnection *connection,
                                      gboolean (*pick)(const char *method));
