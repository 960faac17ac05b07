/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Kind monitor: a real monitor with collectors that answer what the vector says.
 *
 * A collector's vtable has no room for a script, so there is one function per position, and the
 * script of the vector being answered is where they can find it.  What a collection returned is
 * read from a twin whose history is one sample, as the vector's own history may be none.
 */
#include "agent/engine/monitor.h"
#include "agent/value-json.h"
#include "tests/conformance/vector-kinds.h"

#include <string.h>

#define MAX_COLLECTORS 8
#define DEFAULT_HISTORY 10
#define SECOND_US G_GINT64_CONSTANT(1000000)

typedef struct {
    json_object *collectors;
    gsize cycle;
} Script;

static Script script;

static gboolean
fail(const char *kind, GError **error)
{
    MomCollectorErrorCode code = strcmp(kind, "FatalError") == 0 ? MOM_COLLECTOR_ERROR_FATAL
                                                                 : MOM_COLLECTOR_ERROR_COLLECTION;

    g_set_error(error, MOM_COLLECTOR_ERROR, (int)code, "%s", kind);
    return FALSE;
}

static gboolean
play(gsize index, MomSample *sample, GError **error)
{
    g_autoptr(MomArena) arena = mom_arena_new(512);
    json_object *collector = json_object_array_get_idx(script.collectors, index);
    json_object *outputs = json_object_object_get(collector, "outputs");
    json_object *output = json_object_array_get_idx(outputs, script.cycle);
    const char *raised;

    if (!json_object_is_type(output, json_type_object))
        return TRUE;
    raised = json_object_get_string(json_object_object_get(output, "raise"));
    if (raised)
        return fail(raised, error);
    json_object_object_foreach(output, key, value)
        mom_sample_set(sample, key, mom_value_from_json(arena, key, value));
    return TRUE;
}

#define COLLECT(index)                                                                             \
    static gboolean collect_##index(gpointer state, const MomCollectInput *input,                  \
                                    MomSample *sample, GError **error)                             \
    {                                                                                              \
        return play(index, sample, error);                                                         \
    }

COLLECT(0)
COLLECT(1)
COLLECT(2)
COLLECT(3)
COLLECT(4)
COLLECT(5)
COLLECT(6)
COLLECT(7)

static gboolean (*const collects[MAX_COLLECTORS])(gpointer,
                                                  const MomCollectInput *,
                                                  MomSample *,
                                                  GError **) = {
    collect_0, collect_1, collect_2, collect_3, collect_4, collect_5, collect_6, collect_7,
};

static const char *const *
read_names(MomArena *arena, json_object *list)
{
    gsize n = list ? json_object_array_length(list) : 0;
    const char **names = mom_arena_alloc0(arena, (n + 1) * sizeof(char *));

    for (gsize i = 0; i < n; i++)
        names[i] = json_object_get_string(json_object_array_get_idx(list, i));
    return names;
}

static const MomCollector *
read_collector(MomArena *arena, json_object *json, gsize index)
{
    MomCollector *collector = mom_arena_alloc0(arena, sizeof(MomCollector));

    collector->name = "Scripted";
    collector->for_host = TRUE;
    collector->fields = read_names(arena, json_object_object_get(json, "fields"));
    collector->optional = read_names(arena, json_object_object_get(json, "optional"));
    collector->collect = collects[index];
    return collector;
}

static MomMonitorPlan *
read_plan(MomArena *arena, gsize history_length)
{
    const MomCollector *collectors[MAX_COLLECTORS];
    gsize n = MIN(json_object_array_length(script.collectors), MAX_COLLECTORS);

    for (gsize i = 0; i < n; i++)
        collectors[i] = read_collector(arena, json_object_array_get_idx(script.collectors, i), i);
    return mom_monitor_plan_new(collectors, n, history_length);
}

/* ---- what became of it ---- */

static void
add_field(const char *name, MomValue v, gpointer data)
{
    json_object_object_add(data, name, mom_value_to_json(v));
}

static json_object *
sample_json(const MomSample *sample)
{
    json_object *json = json_object_new_object();

    mom_sample_foreach(sample, add_field, json);
    return json;
}

static json_object *
history_json(MomEntity *entity)
{
    json_object *json = json_object_new_array();

    for (gsize i = 0; i < mom_entity_n_samples(entity); i++)
        json_object_array_add(json, sample_json(mom_entity_sample(entity, i)));
    return json;
}

static json_object *
attributes_json(MomEntity *entity)
{
    const MomSchema *schema = mom_entity_schema(entity);
    json_object *json = json_object_new_object();

    for (gsize i = 0; i < mom_schema_size(schema); i++) {
        const char *name = mom_schema_name(schema, i);
        MomValue v;

        if (mom_entity_get_attribute(entity, name, &v))
            json_object_object_add(json, name, mom_value_to_json(v));
    }
    return json;
}

static json_object *
ready_json(MomReady ready)
{
    return ready == MOM_READY_UNKNOWN ? NULL : json_object_new_boolean(ready == MOM_READY_YES);
}

static json_object *
step_json(MomMonitor *monitor, MomMonitor *twin, gboolean collected)
{
    json_object *step = json_object_new_object();
    MomEntity *entity = mom_monitor_entity(monitor);
    gboolean ready = mom_monitor_ready(monitor) == MOM_READY_YES;

    json_object_object_add(step, "returned",
                           collected ? sample_json(mom_entity_latest(mom_monitor_entity(twin)))
                                     : NULL);
    json_object_object_add(step, "ready", ready_json(mom_monitor_ready(monitor)));
    json_object_object_add(step, "isReady", json_object_new_boolean(ready));
    json_object_object_add(step, "terminated",
                           json_object_new_boolean(mom_monitor_terminated(monitor)));
    json_object_object_add(step, "history", history_json(entity));
    json_object_object_add(step, "entity", ready ? attributes_json(entity) : NULL);
    return step;
}

static json_object *
do_cycle(MomMonitor *monitor, MomMonitor *twin, gsize cycle)
{
    const MomCollectInput input = {
        .root = "/", .interval_s = 15, .now_us = (gint64)cycle * SECOND_US};
    json_object *step;
    gboolean collected;

    if (mom_monitor_terminated(monitor)) {
        step = json_object_new_object();
        json_object_object_add(step, "stopped", json_object_new_boolean(TRUE));
        return step;
    }
    script.cycle = cycle;
    mom_monitor_collect(twin, &input);
    collected = mom_monitor_collect(monitor, &input);
    return step_json(monitor, twin, collected);
}

static int
by_name(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static json_object *
valid_fields_json(const MomSchema *schema)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    json_object *json = json_object_new_array();

    for (gsize i = 0; i < mom_schema_size(schema); i++)
        g_ptr_array_add(names, (char *)mom_schema_name(schema, i));
    g_ptr_array_sort(names, by_name);
    for (guint i = 0; i < names->len; i++)
        json_object_array_add(json, json_object_new_string(names->pdata[i]));
    return json;
}

json_object *
mom_vector_monitor(json_object *vector, const char *policy_dir)
{
    g_autoptr(MomArena) arena = mom_arena_new(512);
    g_autoptr(MomMonitorPlan) plan = NULL;
    g_autoptr(MomMonitorPlan) twin_plan = NULL;
    g_autoptr(MomMonitor) monitor = NULL;
    g_autoptr(MomMonitor) twin = NULL;
    json_object *history = json_object_object_get(vector, "history");
    gint64 cycles = json_object_get_int64(json_object_object_get(vector, "cycles"));
    json_object *answer, *steps;

    script = (Script){.collectors = json_object_object_get(vector, "collectors")};
    if (!json_object_is_type(script.collectors, json_type_array))
        return NULL;
    plan = read_plan(arena, history ? (gsize)json_object_get_int64(history) : DEFAULT_HISTORY);
    twin_plan = read_plan(arena, 1);
    monitor = mom_monitor_new(plan, "scripted");
    twin = mom_monitor_new(twin_plan, "scripted");
    answer = json_object_new_object();
    steps = json_object_new_array();
    for (gint64 i = 0; i < cycles; i++)
        json_object_array_add(steps, do_cycle(monitor, twin, (gsize)i));
    json_object_object_add(answer, "steps", steps);
    json_object_object_add(answer, "valid_fields",
                           valid_fields_json(mom_monitor_plan_schema(plan)));
    return answer;
}
