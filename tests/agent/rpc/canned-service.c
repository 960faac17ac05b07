/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The canned service, see canned-service.h.
 *
 * Values are chosen to be hard on a codec: beyond 32 bits, nil, nested, odd characters.
 */
#include "tests/agent/rpc/canned-service.h"

#include <gio/gio.h>
#include <string.h>

#include "policy/policy.h"

typedef struct {
    MomRpcKept done;
    gpointer data;
} Waiter;

static const char statistics[] =
    "{\"host\":{\"ksm_run\":1,\"ksm_pages_to_scan\":64,\"ksm_merge_across_nodes\":1,"
    "\"ksm_pages_sharing\":9000000000,\"ksmd_cpu_usage\":3.5,\"mem_available\":16316412},"
    "\"guests\":{\"vm <1>\":{\"vcpu_quota\":17592186044415,\"mem_unused\":null,"
    "\"io_tune_current\":[{\"name\":\"vda\",\"ioTune\":{\"read_iops_sec\":0}}]}}}";

static gboolean
set_named_policy(MomRpcService *base, const char *name, const char *text, GError **error)
{
    CannedService *self = (CannedService *)base;

    name = name ? name : "50_main_";
    if (text && strcmp(text, "parse") == 0) {
        g_autoptr(MomPolicyStore) store = mom_policy_store_new();

        return mom_policy_store_set(store, name, "\n(set a", -1, error);
    }
    if (text && g_str_has_prefix(text, "bad")) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s:1:1: <bad> & worse", name);
        return FALSE;
    }
    if (text)
        g_hash_table_replace(self->policies, g_strdup(name), g_strdup(text));
    else
        g_hash_table_remove(self->policies, name);
    self->changes++;
    return TRUE;
}

static gboolean
set_policy(MomRpcService *base, const char *text, GError **error)
{
    return set_named_policy(base, "50_main_", text, error);
}

static gboolean
reset_policies(MomRpcService *base, GError **error)
{
    CannedService *self = (CannedService *)base;

    g_hash_table_remove_all(self->policies);
    self->changes++;
    return TRUE;
}

static char *
get_policy(MomRpcService *base)
{
    CannedService *self = (CannedService *)base;

    return g_strdup(g_hash_table_lookup(self->policies, "50_main_"));
}

static json_object *
get_named_policies(MomRpcService *base)
{
    json_object *out = json_object_new_object();
    GHashTableIter iter;
    gpointer name, text;

    g_hash_table_iter_init(&iter, ((CannedService *)base)->policies);
    while (g_hash_table_iter_next(&iter, &name, &text))
        json_object_object_add(out, name, json_object_new_string(text));
    return out;
}

/* A member of the canned statistics that is an object, or an empty one; caller puts. */
static json_object *
get_part(MomRpcService *base, const char *name)
{
    json_object *whole = ((CannedService *)base)->statistics;
    json_object *part =
        json_object_is_type(whole, json_type_object) ? json_object_object_get(whole, name) : NULL;

    return json_object_is_type(part, json_type_object) ? json_object_get(part)
                                                       : json_object_new_object();
}

static json_object *
get_host_statistics(MomRpcService *base)
{
    return get_part(base, "host");
}

typedef struct {
    MomRpcParts base;
    json_object *guests;
    gboolean begun;
} Guests;

/* Takes from the front what it has written. */
static gboolean
next_guests(MomRpcParts *parts, const MomRpcNotation *notation, GString *out)
{
    Guests *self = (Guests *)parts;

    if (!self->begun) {
        notation->begin_struct(out);
        self->begun = TRUE;
    }
    for (guint i = 0; i < CANNED_GUESTS_A_PART && json_object_object_length(self->guests); i++) {
        struct json_object_iterator first = json_object_iter_begin(self->guests);
        g_autofree char *name = g_strdup(json_object_iter_peek_name(&first));

        notation->begin_member(out, name);
        notation->tree(out, json_object_iter_peek_value(&first));
        notation->end_member(out);
        json_object_object_del(self->guests, name);
    }
    if (json_object_object_length(self->guests) > 0)
        return TRUE;
    notation->end_struct(out);
    return FALSE;
}

static void
free_guests(MomRpcParts *parts)
{
    json_object_put(((Guests *)parts)->guests);
    g_free(parts);
}

static MomRpcParts *
get_guest_statistics(MomRpcService *base)
{
    static const MomRpcPartsClass class = {next_guests, free_guests};
    json_object *guests = get_part(base, "guests");
    Guests *self = g_new0(Guests, 1);

    self->base.klass = &class;
    json_object_deep_copy(guests, &self->guests, NULL);
    json_object_put(guests);
    return &self->base;
}

static json_object *
get_active_guests(MomRpcService *base)
{
    return json_tokener_parse("[\"vm <1>\"]");
}

typedef struct {
    MomRpcPieces base;
    guint next;
} Pieces;

static gboolean
next_piece(MomRpcPieces *base, GString *out)
{
    static const char *const pieces[] = {"{\"host\":{\"stats\":[{\"a\":1.0,", "\"b\":\"</>\"}]},",
                                         "\"guests\":[]}"};
    Pieces *self = (Pieces *)base;

    g_string_append(out, pieces[self->next++]);
    return self->next < G_N_ELEMENTS(pieces);
}

static void
free_pieces(MomRpcPieces *base)
{
    g_free(base);
}

static MomRpcPieces *
get_state(MomRpcService *base)
{
    static const MomRpcPiecesClass class = {next_piece, free_pieces};
    Pieces *pieces = g_new0(Pieces, 1);

    pieces->base.klass = &class;
    return &pieces->base;
}

static json_object *
get_status(MomRpcService *base)
{
    return json_tokener_parse("{\"policies\":\"ok\",\"policy_fault\":null}");
}

static json_object *
check_policy(MomRpcService *base, const char *name, const char *text)
{
    if (text && g_str_has_prefix(text, "bad")) {
        return json_tokener_parse("[{\"policy\":\"x\",\"line\":1,\"column\":1,"
                                  "\"severity\":\"error\",\"message\":\"<bad> & worse\"}]");
    }
    return json_object_new_array();
}

/* What was asked for, so that the way there can be seen. */
static json_object *
get_decisions(MomRpcService *base, json_object *filter, GError **error)
{
    json_object *out = json_object_new_array();

    if (json_object_object_get(filter, "bad")) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "filter: there is no \"bad\"");
        json_object_put(out);
        return NULL;
    }
    json_object_array_add(out, json_object_get(filter));
    return out;
}

static json_object *
explain(MomRpcService *base, const char *what, GError **error)
{
    json_object *out;

    if (*what == '\0') {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "nothing is known of \"\"");
        return NULL;
    }
    out = json_object_new_object();
    json_object_object_add(out, "text", json_object_new_string(what));
    return out;
}

static json_object *
get_guests(MomRpcService *base)
{
    return json_tokener_parse("[{\"name\":\"vm <1>\",\"target\":null}]");
}

static gboolean
set_verbosity(MomRpcService *base, const char *verbosity, GError **error)
{
    CannedService *self = (CannedService *)base;

    g_free(self->verbosity);
    self->verbosity = g_strdup(verbosity);
    return *verbosity != '\0'; /* without saying why */
}

static guint64
count_changes(MomRpcService *base)
{
    return ((CannedService *)base)->changes;
}

static void
when_kept(MomRpcService *base, MomRpcKept done, gpointer data)
{
    CannedService *self = (CannedService *)base;

    Waiter waiter = {done, data};

    if (self->slow)
        g_array_append_val(self->waiting, waiter);
    else
        done(data);
}

static const MomRpcServiceClass klass = {
    .set_policy = set_policy,
    .set_named_policy = set_named_policy,
    .reset_policies = reset_policies,
    .get_policy = get_policy,
    .get_named_policies = get_named_policies,
    .get_host_statistics = get_host_statistics,
    .get_guest_statistics = get_guest_statistics,
    .get_active_guests = get_active_guests,
    .get_state = get_state,
    .get_status = get_status,
    .check_policy = check_policy,
    .get_decisions = get_decisions,
    .explain = explain,
    .get_guests = get_guests,
    .set_verbosity = set_verbosity,
    .count_changes = count_changes,
    .when_kept = when_kept,
};

void
canned_service_init(CannedService *service)
{
    *service = (CannedService){.base = {.klass = &klass}};
    service->policies = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    service->waiting = g_array_new(FALSE, FALSE, sizeof(Waiter));
    service->statistics = json_tokener_parse(statistics);
}

void
canned_service_release(CannedService *service)
{
    g_autoptr(GArray) waiting = service->waiting;

    service->waiting = g_array_new(FALSE, FALSE, sizeof(Waiter));
    for (guint i = 0; i < waiting->len; i++) {
        const Waiter *waiter = &g_array_index(waiting, Waiter, i);

        waiter->done(waiter->data);
    }
}

void
canned_service_clear(CannedService *service)
{
    canned_service_release(service);
    g_array_unref(service->waiting);
    g_hash_table_unref(service->policies);
    json_object_put(service->statistics);
    g_free(service->verbosity);
}
