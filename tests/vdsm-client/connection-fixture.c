/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A connection under test, see connection-fixture.h.
 */
#include "tests/vdsm-client/connection-fixture.h"

#include <json.h>

#include "vdsm-client/error.h"

int
connection_set_up(void **state)
{
    ConnectionFixture *f = g_new0(ConnectionFixture, 1);
    f->peer = peer_new(NULL, NULL);
    f->other = peer_new(NULL, NULL);
    f->options = (MomVdsmOptions){.host = "127.0.0.1", .port = f->peer->port};
    f->pace = (MomVdsmPace){5000, 0, 10, 50};
    f->states = g_string_new(NULL);
    f->outcomes = g_string_new(NULL);
    f->events = g_string_new(NULL);
    *state = f;
    return 0;
}

int
connection_tear_down(void **state)
{
    ConnectionFixture *f = *state;
    mom_vdsm_connection_free(f->connection);
    peer_free(f->peer);
    peer_free(f->other);
    g_string_free(f->states, TRUE);
    g_string_free(f->outcomes, TRUE);
    g_string_free(f->events, TRUE);
    g_free(f->why);
    g_free(f);
    return 0;
}

static void
on_state(MomVdsmState now, const GError *why, gpointer data)
{
    static const char *const names[] = {"disconnected", "connecting", "connected"};
    ConnectionFixture *f = data;
    g_string_append_printf(f->states, "%s ", names[now]);
    assert_int_equal(now == MOM_VDSM_DISCONNECTED, why != NULL);
    assert_int_equal(now, mom_vdsm_connection_state(f->connection));
    if (why) {
        f->drops++;
        g_free(f->why);
        f->why = g_strdup(why->message);
    }
}

static void
on_event(const char *method, struct json_object *params, gpointer data)
{
    g_string_append_printf(((ConnectionFixture *)data)->events, "%s ", method);
}

void
connection_begin(ConnectionFixture *f)
{
    f->connection = mom_vdsm_connection_new(&f->options, &f->pace);
    mom_vdsm_connection_watch_state(f->connection, on_state, f);
    mom_vdsm_connection_watch_events(f->connection, on_event, f);
    assert_int_equal(mom_vdsm_connection_state(f->connection), MOM_VDSM_DISCONNECTED);
    mom_vdsm_connection_start(f->connection);
}

gboolean
connection_is_up(const ConnectionFixture *f)
{
    return mom_vdsm_connection_state(f->connection) == MOM_VDSM_CONNECTED;
}

void
connection_begin_and_connect(ConnectionFixture *f)
{
    connection_begin(f);
    run_until(connection_is_up(f) && f->peer->queues->len == 2);
}

static void
on_done(struct json_object *result, const GError *error, gpointer data)
{
    ConnectionFixture *f = data;
    f->ended++;
    if (error && error->domain == MOM_VDSM_ERROR)
        g_string_append_printf(f->outcomes, "error %d ", error->code);
    else if (error)
        g_string_append_printf(f->outcomes, "%s ", error->message);
    else
        g_string_append_printf(f->outcomes, "%s ",
                               json_object_to_json_string_ext(result, JSON_C_TO_STRING_PLAIN));
    if (f->free_in_callback)
        g_clear_pointer(&f->connection, mom_vdsm_connection_free);
}

void
connection_call(ConnectionFixture *f, const char *method)
{
    mom_vdsm_connection_call(f->connection, method, NULL, on_done, f);
}
