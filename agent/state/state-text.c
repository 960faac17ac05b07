/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Pieces of a state, see state-text.h.
 *
 * Snapshots of all entities are taken at once, which costs little as samples are shared; each is
 * let go as soon as it is written.
 */
#include "agent/state/state-text.h"

#include "agent/rpc/json-format.h"
#include "agent/state/state-json.h"

typedef struct {
    MomRpcPieces base;
    MomEntity *host;   /* NULL: written */
    GPtrArray *guests; /* of MomEntity */
    guint next;
} StateText;

static void
append_entity(GString *out, MomEntity *entity)
{
    json_object *json = mom_state_entity_to_json(entity);

    mom_json_append(out, json);
    json_object_put(json);
}

static gboolean
next(MomRpcPieces *pieces, GString *out)
{
    StateText *self = (StateText *)pieces;
    guint end = MIN(self->next + MOM_STATE_TEXT_GUESTS, self->guests->len);

    if (self->host) {
        g_string_append(out, "{\"host\":");
        append_entity(out, self->host);
        g_string_append(out, ",\"guests\":[");
        g_clear_pointer(&self->host, mom_entity_free);
    }
    for (; self->next < end; self->next++) {
        if (self->next > 0)
            g_string_append_c(out, ',');
        append_entity(out, self->guests->pdata[self->next]);
        g_clear_pointer((MomEntity **)&self->guests->pdata[self->next], mom_entity_free);
    }
    if (self->next < self->guests->len)
        return TRUE;
    g_string_append(out, "]}");
    return FALSE;
}

static void
state_text_free(MomRpcPieces *pieces)
{
    StateText *self = (StateText *)pieces;

    mom_entity_free(self->host);
    g_ptr_array_unref(self->guests);
    g_free(self);
}

static const MomRpcPiecesClass class = {next, state_text_free};

MomRpcPieces *
mom_state_text_new(const MomEntity *host, GPtrArray *guests)
{
    StateText *self = g_new0(StateText, 1);

    self->base.klass = &class;
    self->host = mom_entity_snapshot(host);
    self->guests = g_ptr_array_new_full(guests->len, (GDestroyNotify)mom_entity_free);
    for (guint i = 0; i < guests->len; i++)
        g_ptr_array_add(self->guests, mom_entity_snapshot(guests->pdata[i]));
    return &self->base;
}
