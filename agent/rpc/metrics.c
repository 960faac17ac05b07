/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See metrics.h.  One row a metric: which member of getStatus, and what becomes of it.
 *
 * What is not known (nil) has no line: a 0 in its place would be a lie on somebody's dashboard.
 */
#include "agent/rpc/metrics.h"

#include <math.h>
#include <string.h>

#include "agent/rpc/methods.h"

typedef enum {
    NUMBER, /* as it is */
    FLAG,   /* a boolean as 0 or 1 */
    FAULT,  /* 1 if there is a message, whose text is the log's affair; 0 if there is none */
    LENGTH, /* of an array */
    WORD,   /* 1, with the text as a label */
} Kind;

static const struct {
    const char *member;
    Kind kind;
    const char *name;
    const char *type;
    const char *label; /* of WORD; of FAULT: label="value" as it is */
    const char *help;
} metrics[] = {
    {"version", WORD, "momd_build_info", "gauge", "version", "Always 1."},
    {"uptime_s", NUMBER, "momd_uptime_seconds", "gauge", NULL, "Since the daemon started."},
    {"hypervisor", WORD, "momd_hypervisor_in_force", "gauge", "interface",
     "Always 1: through what guests are read and tuned at present."},
    {"connected", FLAG, "momd_hypervisor_connected", "gauge", NULL,
     "Whether the hypervisor answered when last asked."},
    {"guests", NUMBER, "momd_guests", "gauge", NULL, "Guests that are managed."},
    {"cycles", NUMBER, "momd_cycles_total", "counter", NULL, "Decisions over all guests."},
    {"interval_s", NUMBER, "momd_cycle_interval_seconds", "gauge", NULL,
     "How often a cycle is due at present."},
    {"last_cycle_s_ago", NUMBER, "momd_last_cycle_age_seconds", "gauge", NULL,
     "Since the last cycle that was decided to its end."},
    {"last_decision_time", NUMBER, "momd_last_decision_timestamp_seconds", "gauge", NULL,
     "When a knob was last turned or a change refused, since the epoch."},
    {"host_free_percent", NUMBER, "momd_host_free_percent", "gauge", NULL,
     "Free memory of the host in percent, as the rails reckon it."},
    {"pressure", NUMBER, "momd_host_pressure_percent", "gauge", NULL,
     "The part of the last ten seconds in which something waited for memory."},
    {"policies", WORD, "momd_policies_state", "gauge", "state",
     "Always 1: ok, failing, or last good."},
    {"set_aside", LENGTH, "momd_policy_lines_set_aside", "gauge", NULL,
     "Lines of the tuning policy that have no effect."},
    {"policy_fault", FAULT, "momd_fault", "gauge", "of=\"policy\"",
     "1 while something is wrong; getStatus has the message."},
    {"source_fault", FAULT, "momd_fault", "gauge", "of=\"source\"", NULL},
    {"sight_fault", FAULT, "momd_fault", "gauge", "of=\"sight\"", NULL},
    {"state_fault", FAULT, "momd_fault", "gauge", "of=\"state\"", NULL},
    {"rpc_calls", NUMBER, "momd_rpc_calls_total", "counter", NULL, "Calls served."},
    {"rpc_faults", NUMBER, "momd_rpc_faults_total", "counter", NULL,
     "Calls among them that were answered with a fault."},
};

/* A label's value in quotes, of which the format escapes three characters. */
static void
append_label(GString *out, const char *label, const char *value)
{
    g_string_append_printf(out, "{%s=\"", label);
    for (; *value; value++) {
        if (*value == '\n') {
            g_string_append(out, "\\n");
            continue;
        }
        if (*value == '"' || *value == '\\')
            g_string_append_c(out, '\\');
        g_string_append_c(out, *value);
    }
    g_string_append(out, "\"} ");
}

static void
append_number(GString *out, double value)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];

    g_string_append(out, g_ascii_formatd(text, sizeof text, "%.15g", value));
}

/* FALSE: VALUE is nil or of another type, and there is nothing to tell. */
static gboolean
is_told(Kind kind, json_object *value)
{
    switch (kind) {
    case NUMBER:
        return json_object_is_type(value, json_type_int) ||
               (json_object_is_type(value, json_type_double) &&
                isfinite(json_object_get_double(value)));
    case FLAG:
        return json_object_is_type(value, json_type_boolean);
    case FAULT:
        return TRUE;
    case LENGTH:
        return json_object_is_type(value, json_type_array);
    case WORD:
        return json_object_is_type(value, json_type_string);
    }
    return FALSE;
}

/* What stands behind the metric's name. */
static void
append_value(GString *out, Kind kind, const char *label, json_object *value)
{
    switch (kind) {
    case NUMBER:
    case FLAG:
        g_string_append_c(out, ' ');
        append_number(out, json_object_get_double(value));
        break;
    case FAULT:
        g_string_append_printf(out, "{%s} %d", label, value != NULL);
        break;
    case LENGTH:
        g_string_append_printf(out, " %" G_GSIZE_FORMAT, (gsize)json_object_array_length(value));
        break;
    case WORD:
        append_label(out, label, json_object_get_string(value));
        g_string_append_c(out, '1');
        break;
    }
    g_string_append_c(out, '\n');
}

static void
append_all(GString *out, json_object *status)
{
    for (gsize i = 0; i < G_N_ELEMENTS(metrics); i++) {
        json_object *value = NULL;

        if (!json_object_object_get_ex(status, metrics[i].member, &value) ||
            !is_told(metrics[i].kind, value))
            continue;
        if (metrics[i].help) {
            g_string_append_printf(out, "# HELP %s %s\n# TYPE %s %s\n", metrics[i].name,
                                   metrics[i].help, metrics[i].name, metrics[i].type);
        }
        g_string_append(out, metrics[i].name);
        append_value(out, metrics[i].kind, metrics[i].label, value);
    }
}

static gpointer
begin(MomRpcService *service, const char *body, gsize length)
{
    GString *out = g_string_new(NULL);
    json_object *no_arguments = json_object_new_array();
    g_auto(MomRpcResult) result = {NULL};

    if (mom_rpc_call(service, "getStatus", no_arguments, &result, NULL))
        append_all(out, result.value);
    json_object_put(no_arguments);
    return out;
}

static gboolean
step(gpointer answer)
{
    return FALSE;
}

static char *
end(gpointer answer, gsize *length)
{
    GString *out = answer;

    *length = out->len;
    return g_string_free(out, FALSE);
}

const MomRpcProtocol mom_rpc_metrics = {
    .http_method = "GET",
    .content_type = "text/plain; version=0.0.4; charset=utf-8",
    .begin = begin,
    .step = step,
    .end = end,
};
