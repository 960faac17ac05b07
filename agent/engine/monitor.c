/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Collecting: a scratch sample for each collector, merged into one, completed, and added to the
 * history.
 *
 * A collector that keeps failing is told once as a warning, and when it works again; one that fails
 * now and then is not told each time.  Whatever one collector does, the others run, unless it
 * failed for good.
 */
#include "agent/engine/monitor.h"

#undef G_LOG_DOMAIN
#define G_LOG_DOMAIN "mom.Monitor"

struct MomMonitorPlan {
    guint references;
    const MomCollector **collectors;
    gsize n_collectors;
    gsize history_length;
    MomSchema *schema;
    gboolean *mandatory; /* by the schema's index */
};

/* Of a collector, or of fields that none brings. */
typedef struct {
    guint well_in; /* good samples until it is over; 0: there is none */
    gboolean told;
} Trouble;

struct MomMonitor {
    MomMonitorPlan *plan;
    char *name;
    MomEntity *entity;
    gpointer *states; /* one for each collector */
    Trouble *failing; /* likewise */
    Trouble lacking;
    MomReady ready;
    gboolean terminated;
    gint64 patience_us;
    gboolean has_begun;
    gint64 begun_us;   /* at the first collection */
    gboolean settling; /* in this collection */
    gboolean awaiting; /* a guest's first answer, in this collection */
    gboolean has_regular;
    gint64 regular_us; /* of the newest sample that counts */
    gboolean interim;  /* the newest sample is none of these */
    MomSampleWatch watch;
    gpointer watch_data;
};

/* ---- plan ---- */

static void
add_names(GPtrArray *names, const char *const *more)
{
    for (gsize i = 0; more && more[i]; i++)
        g_ptr_array_add(names, (gpointer)more[i]);
}

/* A field that is mandatory for one collector is so for all. */
static void
mark_mandatory(MomMonitorPlan *plan)
{
    plan->mandatory = g_new0(gboolean, mom_schema_size(plan->schema));
    for (gsize i = 0; i < plan->n_collectors; i++) {
        const char *const *fields = plan->collectors[i]->fields;

        for (gsize k = 0; fields && fields[k]; k++)
            plan->mandatory[mom_schema_index(plan->schema, fields[k])] = TRUE;
    }
}

MomMonitorPlan *
mom_monitor_plan_new(const MomCollector *const *collectors, gsize n, gsize history_length)
{
    MomMonitorPlan *plan = g_new0(MomMonitorPlan, 1);
    g_autoptr(GPtrArray) names = g_ptr_array_new();

    plan->references = 1;
    plan->collectors = g_memdup2(collectors, n * sizeof *collectors);
    plan->n_collectors = n;
    plan->history_length = history_length;
    for (gsize i = 0; i < n; i++) {
        add_names(names, collectors[i]->fields);
        add_names(names, collectors[i]->optional);
    }
    plan->schema = mom_schema_new((const char *const *)(gconstpointer)names->pdata, names->len);
    mark_mandatory(plan);
    return plan;
}

MomMonitorPlan *
mom_monitor_plan_ref(MomMonitorPlan *plan)
{
    plan->references++;
    return plan;
}

void
mom_monitor_plan_unref(MomMonitorPlan *plan)
{
    if (!plan || --plan->references > 0)
        return;
    mom_schema_unref(plan->schema);
    g_free(plan->mandatory);
    g_free(plan->collectors);
    g_free(plan);
}

void
mom_monitor_plan_set_history_length(MomMonitorPlan *plan, gsize history_length)
{
    plan->history_length = history_length;
}

MomSchema *
mom_monitor_plan_schema(const MomMonitorPlan *plan)
{
    return plan->schema;
}

guint
mom_monitor_plan_slow_sources(const MomMonitorPlan *plan)
{
    guint sources = 0;

    for (gsize i = 0; i < plan->n_collectors; i++)
        sources |= plan->collectors[i]->slow_sources;
    return sources;
}

/* ---- collecting ---- */

/* With the guest as fields for the journal; the host is no guest. */
static void
tell(const MomMonitor *monitor, GLogLevelFlags level, const char *what, const char *why)
{
    const char *uuid = mom_entity_get_string_property(monitor->entity, "uuid");

    if (!uuid)
        g_log(G_LOG_DOMAIN, level, "%s: %s: %s", monitor->name, what, why);
    else
        g_log_structured(G_LOG_DOMAIN, level, "MOM_VM", monitor->name, "MOM_VM_UUID", uuid,
                         "MESSAGE", "%s: %s: %s", monitor->name, what, why);
}

/* Trouble in the first collections is news only if it lasts. */
static gboolean
is_settling(const MomMonitor *monitor, gint64 now_us)
{
    return now_us - monitor->begun_us < monitor->patience_us;
}

/* As a warning if it is news. */
static void
complain(MomMonitor *monitor, Trouble *trouble, const char *what, const char *why)
{
    gboolean known = trouble->told || (monitor->ready == MOM_READY_NO && monitor->lacking.told);
    gboolean loud = !known && !monitor->settling;

    trouble->well_in = MOM_MONITOR_WELL_AFTER;
    trouble->told |= loud;
    tell(monitor, loud ? G_LOG_LEVEL_WARNING : G_LOG_LEVEL_DEBUG, what, why);
}

/* All was well once more; tells if that ends TROUBLE. */
static void
be_well(const MomMonitor *monitor, Trouble *trouble, const char *what, const char *news)
{
    if (trouble->well_in == 0 || --trouble->well_in > 0)
        return;
    tell(monitor, trouble->told ? G_LOG_LEVEL_INFO : G_LOG_LEVEL_DEBUG, what, news);
    trouble->told = FALSE;
}

/* FALSE: the collector failed for good. */
static gboolean
run_collector(MomMonitor *monitor, gsize index, const MomCollectInput *input, MomSample *merged)
{
    const MomCollector *collector = monitor->plan->collectors[index];
    g_autoptr(MomSample) scratch = mom_sample_new(monitor->plan->schema, input->now_us);
    g_autoptr(GError) error = NULL;

    if (collector->collect(monitor->states[index], input, scratch, &error)) {
        mom_sample_merge(merged, scratch); /* the first value that is not nil wins */
        be_well(monitor, &monitor->failing[index], collector->name, "works again");
        return TRUE;
    }
    if (g_error_matches(error, MOM_COLLECTOR_ERROR, MOM_COLLECTOR_ERROR_FATAL)) {
        g_autofree char *why =
            g_strconcat(error->message, "; nothing is collected here any more", NULL);

        tell(monitor, G_LOG_LEVEL_WARNING, collector->name, why);
        return FALSE;
    }
    if (g_error_matches(error, MOM_COLLECTOR_ERROR, MOM_COLLECTOR_ERROR_AWAITED)) {
        monitor->awaiting = TRUE;
        tell(monitor, G_LOG_LEVEL_DEBUG, collector->name, error->message);
        return TRUE;
    }
    complain(monitor, &monitor->failing[index], collector->name, error->message);
    return TRUE;
}

/* Fills in optional fields.  FALSE: a mandatory one is missing, complained. */
static gboolean
complete(MomMonitor *monitor, MomSample *merged)
{
    const MomMonitorPlan *plan = monitor->plan;
    g_autoptr(GString) missing = g_string_new(NULL);

    for (gsize i = 0; i < mom_schema_size(plan->schema); i++) {
        const char *name = mom_schema_name(plan->schema, i);
        MomValue v;

        if (mom_sample_get_field(merged, i, &v))
            continue;
        if (plan->mandatory[i])
            g_string_append_printf(missing, "%s%s", missing->len ? ", " : "", name);
        else
            mom_sample_set(merged, name, MOM_NIL);
    }
    if (missing->len && !monitor->awaiting)
        complain(monitor, &monitor->lacking, "incomplete data, no collector brought", missing->str);
    return missing->len == 0;
}

static MomSample *
collect_sample(MomMonitor *monitor, const MomCollectInput *input)
{
    g_autoptr(MomSample) merged = mom_sample_new(monitor->plan->schema, input->now_us);

    for (gsize i = 0; i < monitor->plan->n_collectors; i++) {
        if (!run_collector(monitor, i, input, merged)) {
            monitor->terminated = TRUE;
            return NULL;
        }
    }
    return complete(monitor, merged) ? g_steal_pointer(&merged) : NULL;
}

/* Averages are meant over so many samples at so great a distance. One that comes early, because
 * something happened, is the newest until the next one and then gone: it must not shorten the time
 * that averages look back over.  A tenth is for timers that ring a little early. */
static gboolean
is_interim(const MomMonitor *monitor, const MomCollectInput *input)
{
    return monitor->has_regular &&
           input->now_us - monitor->regular_us < input->spacing_us - input->spacing_us / 10;
}

static void
keep_sample(MomMonitor *monitor, MomSample *sample, const MomCollectInput *input)
{
    if (monitor->interim)
        mom_entity_drop_newest_sample(monitor->entity);
    monitor->interim = input->interim;
    if (!input->interim) {
        monitor->has_regular = TRUE;
        monitor->regular_us = input->now_us;
    }
    if (monitor->plan->history_length == 0)
        mom_sample_free(sample); /* an entity keeps at least one */
    else
        mom_entity_add_sample(monitor->entity, sample, monitor->plan->history_length);
}

static void
begin(MomMonitor *monitor, gint64 now_us)
{
    if (!monitor->has_begun)
        monitor->begun_us = now_us;
    monitor->has_begun = TRUE;
    monitor->awaiting = FALSE;
    monitor->settling = is_settling(monitor, now_us);
}

gboolean
mom_monitor_collect(MomMonitor *monitor, const MomCollectInput *given)
{
    MomCollectInput input = *given;
    MomSample *sample;

    if (monitor->terminated)
        return FALSE;
    input.interim = is_interim(monitor, given);
    begin(monitor, given->now_us);
    sample = collect_sample(monitor, &input);
    if (!sample) {
        if (!monitor->awaiting)
            monitor->ready = MOM_READY_NO;
        else if (monitor->ready == MOM_READY_YES)
            monitor->ready = MOM_READY_UNKNOWN;
        return FALSE;
    }
    be_well(monitor, &monitor->lacking, "data", "complete again");
    monitor->ready = MOM_READY_YES;
    if (monitor->watch)
        monitor->watch(sample, monitor->watch_data);
    keep_sample(monitor, sample, &input);
    return TRUE;
}

/* ---- monitor ---- */

MomMonitor *
mom_monitor_new(MomMonitorPlan *plan, const char *name)
{
    MomMonitor *monitor = g_new0(MomMonitor, 1);

    monitor->plan = mom_monitor_plan_ref(plan);
    monitor->name = g_strdup(name);
    monitor->entity = mom_entity_new(plan->schema);
    monitor->states = g_new0(gpointer, plan->n_collectors);
    monitor->failing = g_new0(Trouble, plan->n_collectors);
    for (gsize i = 0; i < plan->n_collectors; i++) {
        const MomCollector *collector = plan->collectors[i];

        monitor->states[i] = collector->state_new ? collector->state_new(collector) : NULL;
    }
    return monitor;
}

void
mom_monitor_free(MomMonitor *monitor)
{
    if (!monitor)
        return;
    for (gsize i = 0; i < monitor->plan->n_collectors; i++)
        if (monitor->plan->collectors[i]->state_free)
            monitor->plan->collectors[i]->state_free(monitor->states[i]);
    g_free(monitor->states);
    g_free(monitor->failing);
    mom_entity_free(monitor->entity);
    g_free(monitor->name);
    mom_monitor_plan_unref(monitor->plan);
    g_free(monitor);
}

void
mom_monitor_be_patient(MomMonitor *monitor, gint64 patience_us)
{
    monitor->patience_us = patience_us;
}

void
mom_monitor_watch(MomMonitor *monitor, MomSampleWatch watch, gpointer data)
{
    monitor->watch = watch;
    monitor->watch_data = data;
}

MomReady
mom_monitor_ready(const MomMonitor *monitor)
{
    return monitor->ready;
}

gboolean
mom_monitor_terminated(const MomMonitor *monitor)
{
    return monitor->terminated;
}

void
mom_monitor_adopt(MomMonitor *monitor, MomEntity *entity)
{
    mom_entity_free(monitor->entity);
    monitor->entity = entity;
}

MomEntity *
mom_monitor_entity(MomMonitor *monitor)
{
    return monitor->entity;
}

const char *
mom_monitor_name(const MomMonitor *monitor)
{
    return monitor->name;
}
