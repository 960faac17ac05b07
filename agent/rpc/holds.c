/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Held answers, see holds.h.
 *
 * A hold lives until the service calls back, however that comes about; its message may be let go
 * of before.
 */
#include "agent/rpc/holds.h"

typedef struct {
    MomRpcHolds *holds;         /* NULL: freed */
    SoupServerMessage *message; /* NULL: not held any more */
    gulong finished;            /* the signal's handler */
    gint64 since_us;
    gboolean paused;
    gboolean kept;
} Hold;

struct MomRpcHolds {
    MomRpcService *service;
    GQueue held; /* of Hold, oldest first */
};

MomRpcHolds *
mom_rpc_holds_new(MomRpcService *service)
{
    MomRpcHolds *holds = g_new0(MomRpcHolds, 1);

    holds->service = service;
    g_queue_init(&holds->held);
    return holds;
}

/* HOLD has no message any more. */
static void
forget_message(Hold *hold)
{
    g_queue_remove(&hold->holds->held, hold);
    g_signal_handler_disconnect(hold->message, hold->finished);
    g_clear_object(&hold->message);
}

static void
let_go(Hold *hold)
{
    g_autoptr(SoupServerMessage) message = g_object_ref(hold->message);

    forget_message(hold);
    soup_server_message_unpause(message);
}

/* libsoup is through with it: the client is gone, or the server ends. */
static void
on_finished(SoupServerMessage *message, gpointer data)
{
    forget_message(data);
}

static void
on_kept(gpointer data)
{
    Hold *hold = data;

    if (!hold->paused) {
        hold->kept = TRUE; /* at once, from within mom_rpc_hold */
        return;
    }
    if (hold->message)
        let_go(hold);
    g_free(hold);
}

gboolean
mom_rpc_hold(MomRpcHolds *holds, SoupServerMessage *message)
{
    Hold *hold = g_new0(Hold, 1);

    holds->service->klass->when_kept(holds->service, on_kept, hold);
    if (hold->kept) {
        g_free(hold);
        return FALSE;
    }
    hold->paused = TRUE;
    hold->holds = holds;
    hold->message = g_object_ref(message);
    hold->finished = g_signal_connect(message, "finished", G_CALLBACK(on_finished), hold);
    hold->since_us = g_get_monotonic_time();
    g_queue_push_tail(&holds->held, hold);
    soup_server_message_pause(message);
    return TRUE;
}

void
mom_rpc_holds_drop(MomRpcHolds *holds, gint64 since_us)
{
    Hold *hold;

    while ((hold = g_queue_peek_head(&holds->held)) && hold->since_us < since_us)
        let_go(hold);
}

void
mom_rpc_holds_free(MomRpcHolds *holds)
{
    Hold *hold;

    if (!holds)
        return;
    while ((hold = g_queue_peek_head(&holds->held))) {
        forget_message(hold);
        hold->holds = NULL;
    }
    g_free(holds);
}
