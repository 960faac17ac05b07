/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Tables of keys and offsets, read by one checked getter.
 *
 * A key that vdsm calls otherwise one day is one line here.  Nothing in an answer may end the
 * daemon, and nothing odd in one guest may touch another.
 */
#include "vdsm-client/answers.h"

#include <json.h>
#include <string.h>

#include "vdsm-client/error.h"

typedef struct {
    const char *key;
    gsize offset; /* of a MomVdsmInt */
} IntField;

#define STATS(key, field)                                                                          \
    {                                                                                              \
        key, G_STRUCT_OFFSET(MomVdsmVmStats, field)                                                \
    }

static const IntField vm_fields[] = {
    STATS("pid", pid),
    STATS("memUsage", mem_usage_percent),
    STATS("elapsedTime", elapsed_s),
    STATS("vcpuCount", vcpu_count),
    STATS("vcpuUserLimit", vcpu_user_limit),
    STATS("vcpuQuota", vcpu_quota),
    STATS("vcpuPeriod", vcpu_period),
};

static const IntField memory_fields[] = {
    STATS("mem_total", mem_total),   STATS("mem_unused", mem_unused),
    STATS("mem_free", mem_free),     STATS("mem_available", mem_available),
    STATS("majflt", major_faults),   STATS("pageflt", page_faults),
    STATS("swap_in", swap_in),       STATS("swap_out", swap_out),
    STATS("swap_total", swap_total), STATS("swap_usage", swap_usage),
};

static const IntField balloon_fields[] = {
    STATS("balloon_cur", balloon_cur),
    STATS("balloon_max", balloon_max),
    STATS("balloon_min", balloon_min),
    STATS("balloon_target", balloon_target),
    STATS("ballooning_enabled", ballooning_enabled),
};

#define LIMIT(name)                                                                                \
    {                                                                                              \
#name, G_STRUCT_OFFSET(MomVdsmLimits, name)                                                \
    }

/* In the order of the bits of MomVdsmLimits.nulls. */
static const IntField limit_fields[] = {
    LIMIT(total_bytes_sec), LIMIT(read_bytes_sec), LIMIT(write_bytes_sec),
    LIMIT(total_iops_sec),  LIMIT(read_iops_sec),  LIMIT(write_iops_sec),
};

static MomVdsmInt
some(gint64 value)
{
    return (MomVdsmInt){TRUE, value};
}

static MomVdsmInt
from_double(double value)
{
    /* 2^63 is the first double that is too large; NaN fails every comparison. */
    if (!(value >= -0x1p63 && value < 0x1p63) || (double)(gint64)value != value)
        return (MomVdsmInt){0};
    return some((gint64)value);
}

static MomVdsmInt
from_string(struct json_object *value)
{
    const char *text = json_object_get_string(value);
    gint64 number = 0;
    if (strlen(text) != (gsize)json_object_get_string_len(value) ||
        !g_ascii_string_to_signed(text, 10, G_MININT64, G_MAXINT64, &number, NULL))
        return (MomVdsmInt){0};
    return some(number);
}

MomVdsmInt
mom_vdsm_int(struct json_object *value)
{
    switch (json_object_get_type(value)) {
    case json_type_int:
        /* json-c keeps what passes INT64_MAX as unsigned, and its signed getter cuts it off. */
        if (json_object_get_int64(value) == G_MAXINT64 &&
            json_object_get_uint64(value) != G_MAXINT64)
            return (MomVdsmInt){0};
        return some(json_object_get_int64(value));
    case json_type_double:
        return from_double(json_object_get_double(value));
    case json_type_boolean:
        return some(json_object_get_boolean(value) ? 1 : 0);
    case json_type_string:
        return from_string(value);
    case json_type_null:
    case json_type_object:
    case json_type_array:
        break;
    }
    return (MomVdsmInt){0};
}

static struct json_object *
member(struct json_object *object, const char *key)
{
    struct json_object *value = NULL;
    if (json_object_is_type(object, json_type_object))
        json_object_object_get_ex(object, key, &value);
    return value;
}

static char *
text_of(struct json_object *value)
{
    return json_object_is_type(value, json_type_string) ? g_strdup(json_object_get_string(value))
                                                        : NULL;
}

/* NULL for a text that is empty, too: it names nothing. */
static char *
name_of(struct json_object *value)
{
    char *text = text_of(value);
    if (text && !*text)
        g_clear_pointer(&text, g_free);
    return text;
}

static MomVdsmInt *
field_at(gpointer structure, gsize offset)
{
    return G_STRUCT_MEMBER_P(structure, offset);
}

static void
read_fields(struct json_object *object, const IntField *fields, gsize n, gpointer out)
{
    for (gsize i = 0; i < n; i++)
        *field_at(out, fields[i].offset) = mom_vdsm_int(member(object, fields[i].key));
}

static gboolean
has_members(struct json_object *value)
{
    return json_object_is_type(value, json_type_object) && json_object_object_length(value) > 0;
}

static void
vm_stats_free(gpointer data)
{
    MomVdsmVmStats *stats = data;
    g_free(stats->vm_id);
    g_free(stats->name);
    g_free(stats->status);
    g_free(stats);
}

static MomVdsmVmStats *
parse_vm(struct json_object *vm)
{
    g_autofree char *vm_id = name_of(member(vm, "vmId"));
    if (!vm_id)
        return NULL;
    struct json_object *memory = member(vm, "memoryStats");
    struct json_object *balloon = member(vm, "balloonInfo");
    MomVdsmVmStats *stats = g_new0(MomVdsmVmStats, 1);
    stats->vm_id = g_steal_pointer(&vm_id);
    stats->name = text_of(member(vm, "vmName"));
    stats->status = text_of(member(vm, "status"));
    stats->has_memory_stats = has_members(memory);
    stats->has_balloon_info = has_members(balloon);
    read_fields(vm, vm_fields, G_N_ELEMENTS(vm_fields), stats);
    read_fields(memory, memory_fields, G_N_ELEMENTS(memory_fields), stats);
    read_fields(balloon, balloon_fields, G_N_ELEMENTS(balloon_fields), stats);
    return stats;
}

static gboolean
refuse(const char *verb, const char *wanted, GError **error)
{
    g_set_error(error, MOM_VDSM_ERROR, MOM_VDSM_ERROR_PROTOCOL, "%s: the answer is not %s", verb,
                wanted);
    return FALSE;
}

GPtrArray *
mom_vdsm_parse_stats(struct json_object *result, GError **error)
{
    if (!json_object_is_type(result, json_type_array) &&
        !refuse("Host.getAllVmStats", "a list", error))
        return NULL;
    GPtrArray *all = g_ptr_array_new_with_free_func(vm_stats_free);
    for (gsize i = 0; i < json_object_array_length(result); i++) {
        MomVdsmVmStats *stats = parse_vm(json_object_array_get_idx(result, i));
        if (stats)
            g_ptr_array_add(all, stats);
        else
            g_debug("left out entry %zu of Host.getAllVmStats: it has no vmId", i);
    }
    return all;
}

static MomVdsmLimits
parse_limits(struct json_object *object)
{
    MomVdsmLimits limits = {0};
    read_fields(object, limit_fields, G_N_ELEMENTS(limit_fields), &limits);
    for (guint i = 0; i < G_N_ELEMENTS(limit_fields); i++) {
        struct json_object *value = NULL;
        gboolean there = json_object_is_type(object, json_type_object) &&
                         json_object_object_get_ex(object, limit_fields[i].key, &value);
        if (there && !value)
            limits.nulls |= 1u << i;
    }
    return limits;
}

static void
policy_clear(gpointer data)
{
    MomVdsmIoPolicy *policy = data;
    g_free(policy->name);
    g_free(policy->path);
}

static void
state_clear(gpointer data)
{
    MomVdsmIoState *state = data;
    g_free(state->name);
    g_free(state->path);
}

static void
io_tune_free(gpointer data)
{
    MomVdsmVmIoTune *tune = data;
    g_free(tune->vm_id);
    g_array_unref(tune->policies);
    g_array_unref(tune->states);
    g_free(tune);
}

static gsize
list_length(struct json_object *value)
{
    return json_object_is_type(value, json_type_array) ? json_object_array_length(value) : 0;
}

static void
parse_policies(struct json_object *list, GArray *out)
{
    for (gsize i = 0; i < list_length(list); i++) {
        struct json_object *entry = json_object_array_get_idx(list, i);
        if (!json_object_is_type(entry, json_type_object))
            continue;
        MomVdsmIoPolicy policy = {.name = text_of(member(entry, "name")),
                                  .path = text_of(member(entry, "path")),
                                  .guaranteed = parse_limits(member(entry, "guaranteed")),
                                  .maximum = parse_limits(member(entry, "maximum"))};
        g_array_append_val(out, policy);
    }
}

static void
parse_states(struct json_object *list, GArray *out)
{
    for (gsize i = 0; i < list_length(list); i++) {
        struct json_object *entry = json_object_array_get_idx(list, i);
        if (!json_object_is_type(entry, json_type_object))
            continue;
        MomVdsmIoState state = {.name = text_of(member(entry, "name")),
                                .path = text_of(member(entry, "path")),
                                .io_tune = parse_limits(member(entry, "ioTune"))};
        g_array_append_val(out, state);
    }
}

static MomVdsmVmIoTune *
parse_io_tune(const char *vm_id, struct json_object *entry)
{
    MomVdsmVmIoTune *tune = g_new0(MomVdsmVmIoTune, 1);
    tune->vm_id = g_strdup(vm_id);
    tune->policies = g_array_new(FALSE, TRUE, sizeof(MomVdsmIoPolicy));
    tune->states = g_array_new(FALSE, TRUE, sizeof(MomVdsmIoState));
    g_array_set_clear_func(tune->policies, policy_clear);
    g_array_set_clear_func(tune->states, state_clear);
    parse_policies(member(entry, "policy"), tune->policies);
    parse_states(member(entry, "current_values"), tune->states);
    return tune;
}

GPtrArray *
mom_vdsm_parse_io_tunes(struct json_object *result, GError **error)
{
    if (!json_object_is_type(result, json_type_object) &&
        !refuse("Host.getAllVmIoTunePolicies", "an object", error))
        return NULL;
    GPtrArray *all = g_ptr_array_new_with_free_func(io_tune_free);
    json_object_object_foreach(result, vm_id, entry)
    {
        if (json_object_is_type(entry, json_type_object))
            g_ptr_array_add(all, parse_io_tune(vm_id, entry));
    }
    return all;
}

/* "|component|operation|subject": only of virt is the subject a VM. */
void
mom_vdsm_parse_event(const char *method,
                     struct json_object *params,
                     MomVdsmEvent *event,
                     char **free_me)
{
    *event = (MomVdsmEvent){.method = method};
    *free_me = NULL;
    const char *last = strrchr(method, '|');
    if (!g_str_has_prefix(method, "|virt|") || !last[1] || last == method + strlen("|virt"))
        return;
    event->vm_id = last + 1;
    event->status = *free_me = text_of(member(member(params, event->vm_id), "status"));
}

struct json_object *
mom_vdsm_limits_to_json(const MomVdsmLimits *limits)
{
    struct json_object *object = json_object_new_object();
    for (guint i = 0; i < G_N_ELEMENTS(limit_fields); i++) {
        const MomVdsmInt *limit = field_at((gpointer)limits, limit_fields[i].offset);
        if (limit->set)
            json_object_object_add(object, limit_fields[i].key,
                                   json_object_new_int64(limit->value));
        else if (limits->nulls & (1u << i))
            json_object_object_add(object, limit_fields[i].key, NULL);
    }
    return object;
}
