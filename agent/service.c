/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The daemon's answers to RPC, see service.h.
 *
 * What the reference answers in words of its own types is in rpc/methods.c; here is only what is
 * asked.
 */
#define G_LOG_DOMAIN "mom.RPCServer"

#include "agent/service.h"

#include <gio/gio.h>

#include "agent/service-decisions.h"
#include "agent/state/state-text.h"
#include "agent/statistics.h"
#include "agent/status.h"

static MomService *
self_of(MomRpcService *service)
{
    return (MomService *)service;
}

/* Refusals are told to the caller and, as they concern what an administrator wished, logged once.
 */
static gboolean
told(MomService *self, gboolean ok, const char *what, gboolean changed, GError **error)
{
    if (ok) {
        mom_pushes_accepted(self->pushes, what, changed);
        self->changes++;
    } else if (error && *error) {
        mom_pushes_refused(self->pushes, what, (*error)->message);
    }
    return ok;
}

static gboolean
set_policy(MomRpcService *service, const char *text, GError **error)
{
    MomService *self = self_of(service);
    g_autofree char *before = mom_policy_store_get_joined(mom_engine_policies(self->engine));
    gboolean ok = mom_engine_replace_policies(self->engine, text, error);

    return told(self, ok, "setPolicy", g_strcmp0(before, text) != 0, error);
}

static gboolean
set_named_policy(MomRpcService *service, const char *name, const char *text, GError **error)
{
    MomService *self = self_of(service);
    g_autofree char *what =
        g_strdup_printf("setNamedPolicy(%s)", name ? name : MOM_POLICY_MAIN_NAME);
    gboolean changed =
        g_strcmp0(mom_policy_store_get(mom_engine_policies(self->engine), name), text) != 0;

    return told(self, mom_engine_set_policy(self->engine, name, text, error), what, changed, error);
}

static gboolean
reset_policies(MomRpcService *service, GError **error)
{
    MomService *self = self_of(service);

    return told(self, mom_engine_reset_policies(self->engine, error), "resetPolicies", TRUE, error);
}

static char *
get_policy(MomRpcService *service)
{
    return mom_policy_store_get_joined(mom_engine_policies(self_of(service)->engine));
}

static json_object *
get_named_policies(MomRpcService *service)
{
    MomPolicyStore *store = mom_engine_policies(self_of(service)->engine);
    json_object *out = json_object_new_object();
    g_autofree const char **names = NULL;
    gsize n;

    names = mom_policy_store_names(store, &n);
    for (gsize i = 0; i < n; i++) {
        json_object_object_add(out, names[i],
                               json_object_new_string(mom_policy_store_get(store, names[i])));
    }
    return out;
}

static json_object *
get_host_statistics(MomRpcService *service)
{
    return mom_statistics_host(mom_engine_host(self_of(service)->engine));
}

static MomRpcParts *
get_guest_statistics(MomRpcService *service)
{
    g_autoptr(GPtrArray) guests = mom_engine_guests(self_of(service)->engine);

    return mom_statistics_guests(guests);
}

static json_object *
get_active_guests(MomRpcService *service)
{
    g_autoptr(GPtrArray) guests = mom_engine_guests(self_of(service)->engine);
    json_object *out = json_object_new_array();

    for (guint i = 0; i < guests->len; i++) {
        const char *name = mom_entity_get_string_property(g_ptr_array_index(guests, i), "name");

        if (name)
            json_object_array_add(out, json_object_new_string(name));
    }
    return out;
}

static MomRpcPieces *
get_state(MomRpcService *service)
{
    MomEngine *engine = self_of(service)->engine;
    g_autoptr(GPtrArray) guests = mom_engine_guests(engine);

    return mom_state_text_new(mom_engine_host(engine), guests);
}

static json_object *
text_or_nil(const char *text)
{
    return text ? json_object_new_string(text) : NULL;
}

static json_object *
finding_json(const MomFinding *finding)
{
    json_object *out = json_object_new_object();
    gboolean is_error = finding->severity == MOM_FINDING_ERROR;

    json_object_object_add(out, "policy", text_or_nil(finding->policy));
    json_object_object_add(out, "line", json_object_new_int64(finding->line));
    json_object_object_add(out, "column", json_object_new_int64(finding->column));
    json_object_object_add(out, "severity", json_object_new_string(is_error ? "error" : "warning"));
    json_object_object_add(out, "message", json_object_new_string(finding->message));
    return out;
}

static json_object *
check_policy(MomRpcService *service, const char *name, const char *text)
{
    g_autoptr(GPtrArray) findings = mom_engine_check_policy(self_of(service)->engine, name, text);
    json_object *out = json_object_new_array();

    for (guint i = 0; i < findings->len; i++)
        json_object_array_add(out, finding_json(g_ptr_array_index(findings, i)));
    return out;
}

static json_object *
texts(char **list)
{
    json_object *out = json_object_new_array();

    for (gsize i = 0; list[i]; i++)
        json_object_array_add(out, json_object_new_string(list[i]));
    return out;
}

static json_object *
seconds(gint64 us)
{
    return json_object_new_double((double)us / G_USEC_PER_SEC);
}

static json_object *
policy_names(MomEngine *engine)
{
    gsize n;
    g_autofree const char **names = mom_policy_store_names(mom_engine_policies(engine), &n);
    json_object *out = json_object_new_array();

    for (gsize i = 0; i < n; i++)
        json_object_array_add(out, json_object_new_string(names[i]));
    return out;
}

/* Of the cycle: when it was, how often it is due. */
static void
add_times(json_object *out, const MomService *self)
{
    gint64 age_us = mom_engine_cycle_age_us(self->engine);

    json_object_object_add(out, "uptime_s", seconds(g_get_monotonic_time() - self->since_us));
    json_object_object_add(out, "interval_s", seconds(mom_engine_interval_us(self->engine)));
    json_object_object_add(out, "last_cycle_s_ago", age_us < 0 ? NULL : seconds(age_us));
}

static json_object *
get_status(MomRpcService *service)
{
    MomEngine *engine = self_of(service)->engine;
    g_autoptr(GPtrArray) guests = mom_engine_guests(engine);
    g_auto(GStrv) set_aside = mom_engine_set_aside(engine);
    const char *fault = mom_engine_policy_fault(engine);
    json_object *out = json_object_new_object();

    json_object_object_add(out, "version", json_object_new_string(MOM_VERSION));
    add_times(out, self_of(service));
    json_object_object_add(out, "connected",
                           json_object_new_boolean(mom_engine_is_connected(engine)));
    json_object_object_add(out, "policy_names", policy_names(engine));
    json_object_object_add(out, "hypervisor",
                           json_object_new_string(mom_engine_source_name(engine)));
    json_object_object_add(out, "hypervisor_note", text_or_nil(mom_engine_source_note(engine)));
    json_object_object_add(out, "guest_data",
                           json_object_new_string(mom_engine_data_source(engine)));
    json_object_object_add(out, "guests", json_object_new_int64(guests->len));
    json_object_object_add(out, "cycles", json_object_new_int64((gint64)mom_engine_cycles(engine)));
    json_object_object_add(out, "policies",
                           json_object_new_string(mom_engine_uses_last_good(engine) ? "last good"
                                                  : fault                           ? "failing"
                                                                                    : "ok"));
    json_object_object_add(out, "set_aside", texts(set_aside));
    json_object_object_add(out, "policy_fault", text_or_nil(fault));
    json_object_object_add(out, "source_fault", text_or_nil(mom_engine_source_fault(engine)));
    json_object_object_add(out, "sight_fault", text_or_nil(mom_engine_sight_fault(engine)));
    json_object_object_add(out, "state_fault",
                           text_or_nil(mom_keeper_fault(self_of(service)->keeper)));
    mom_service_add_last_decision(engine, out);
    mom_status_add_host(out, engine);
    return out;
}

static guint64
count_changes(MomRpcService *service)
{
    return self_of(service)->changes;
}

static void
when_kept(MomRpcService *service, MomRpcKept done, gpointer data)
{
    mom_keeper_when_kept(self_of(service)->keeper, done, data);
}

static json_object *
get_decisions(MomRpcService *service, json_object *filter, GError **error)
{
    return mom_service_get_decisions(self_of(service)->engine, filter, error);
}

static json_object *
explain(MomRpcService *service, const char *what, GError **error)
{
    return mom_service_explain(self_of(service)->engine, what, error);
}

static json_object *
get_guests(MomRpcService *service)
{
    return mom_service_get_guests(self_of(service)->engine);
}

static gboolean
set_verbosity(MomRpcService *service, const char *verbosity, GError **error)
{
    MomService *self = self_of(service);
    int level;

    if (!mom_log_parse_verbosity(verbosity, &level)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                    "unknown verbosity \"%s\": use 1 to 5, or critical, error, warn, info, debug",
                    verbosity);
        return FALSE;
    }
    if (self->log)
        mom_log_set_level(self->log, level);
    return TRUE;
}

static const MomRpcServiceClass service_class = {
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
mom_service_init(MomService *service, MomEngine *engine, MomKeeper *keeper, MomLog *log)
{
    *service = (MomService){.base = {.klass = &service_class},
                            .engine = engine,
                            .keeper = keeper,
                            .log = log,
                            .since_us = g_get_monotonic_time(),
                            .pushes = mom_pushes_new()};
}

void
mom_service_clear(MomService *service)
{
    g_clear_pointer(&service->pushes, mom_pushes_free);
}
