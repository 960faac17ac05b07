/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * JSON-RPC 2.0 calls over whatever carries bytes: ids, the window, time-outs, answers.  No I/O, no
 * clock.
 *
 * Calls wait in a queue; at most a window of them is in flight, because vdsm's queue of 88 is
 * shared with the engine.  Ids are UUIDs, since vdsm keeps one map of ids for all its clients.
 * Every request has an id: one without kills vdsm's dispatcher.  Requests are arrays of one, as
 * vdsm's own client sends them.
 *
 * Each call ends in its callback exactly once.  Callbacks may make new calls and may end all calls;
 * they must not free the MomJsonrpc, its owner keeps it alive around body_end, expire and fail_all.
 */
#pragma once

#include <glib.h>

#define MOM_JSONRPC_MAX_DEPTH 16

struct json_object;
typedef struct MomJsonrpc MomJsonrpc;

/* RESULT is borrowed; NULL with ERROR, and for a result that is null. */
typedef void (*MomJsonrpcDone)(struct json_object *result, const GError *error, gpointer data);
/* A message with a method and no id. PARAMS is borrowed and may be NULL. */
typedef void (*MomJsonrpcEvent)(const char *method, struct json_object *params, gpointer data);

MomJsonrpc *mom_jsonrpc_new(guint window, gint64 timeout_us);
/* No call may be left: see mom_jsonrpc_fail_all. */
void mom_jsonrpc_free(MomJsonrpc *rpc);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomJsonrpc, mom_jsonrpc_free)

/* Also for calls in flight. */
void mom_jsonrpc_set_timeout(MomJsonrpc *rpc, gint64 timeout_us);

void mom_jsonrpc_watch_events(MomJsonrpc *rpc, MomJsonrpcEvent watch, gpointer data);

/* Queues a call. METHOD is copied, PARAMS (an object; NULL: none) is taken over. */
void mom_jsonrpc_call(MomJsonrpc *rpc,
                      const char *method,
                      struct json_object *params,
                      MomJsonrpcDone done,
                      gpointer data);

/* The text of the next request if there is one and the window has room, else NULL; caller frees.
 * Its time-out runs from NOW_US: a call that waits for others does not grow old. */
char *mom_jsonrpc_take_request(MomJsonrpc *rpc, gint64 now_us);

/* One message: its bytes in any number of pieces, parsed as they come, then its end, which ends the
 * call it answers or tells the event. FALSE with PROTOCOL if it is no JSON; the message is
 * forgotten then. A message that answers no call of ours is dropped. */
gboolean mom_jsonrpc_body(MomJsonrpc *rpc, const char *bytes, gsize len, GError **error);
gboolean mom_jsonrpc_body_end(MomJsonrpc *rpc, GError **error);
/* Forgets a message begun. */
void mom_jsonrpc_body_reset(MomJsonrpc *rpc);
/* What is left of large messages that have been told: lets go of a piece of it.  TRUE: there is
 * more, to be called again when there is time. */
gboolean mom_jsonrpc_sweep(MomJsonrpc *rpc);

/* Ends the calls in flight since before NOW_US - timeout with TIMED_OUT; their places in the window
 * are free then. */
void mom_jsonrpc_expire(MomJsonrpc *rpc, gint64 now_us);
/* When expire will have something to do; G_MAXINT64: never. */
gint64 mom_jsonrpc_deadline_us(const MomJsonrpc *rpc);
/* How many generations of calls timed out, each sent after the one before had, with no message in
 * between. */
guint mom_jsonrpc_rounds_lost(const MomJsonrpc *rpc);

/* Ends all calls made so far with ERROR, in the order in which they were made; calls made by the
 * callbacks stay in the queue. Forgets a message begun and the lost rounds. */
void mom_jsonrpc_fail_all(MomJsonrpc *rpc, const GError *error);
/* Ends those of the calls made so far that wait and whose method PICK picks, as fail_all does; they
 * are never sent.  What was sent cannot be taken back. */
void mom_jsonrpc_drop_waiting(MomJsonrpc *rpc,
                              gboolean (*pick)(const char *method),
                              const GError *error);
/* Calls queued and in flight. */
guint mom_jsonrpc_pending(const MomJsonrpc *rpc);
