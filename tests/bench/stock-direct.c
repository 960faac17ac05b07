/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Balloon, KSM, CPU and I/O limits as the stock set has them (SEMANTICS section 17).
 *
 * The numbers are those of the policies; when one changes there, the test says that it must change
 * here.  Sums are of doubles: the test allows what that costs.
 */
#include "tests/bench/stock-direct.h"

#include <math.h>

#define PRESSURE_SHARE 0.20
#define CRITICAL_SHARE 0.05
#define GUEST_MARGIN 0.20
#define BALLOON_STEP 0.05
#define BALLOON_MIN_CHANGE 0.0025

#define KSM_FREE_SHARE 0.20
#define KSM_STEP_UP 300
#define KSM_STEP_DOWN 50
#define KSM_LEAST_PAGES 64
#define KSM_MOST_PAGES 1250
#define KSM_SLEEP_MS 10
#define KIB_OF_16_GIB 16777216

#define CPU_PERIOD_US 100000
#define CPU_LEAST_QUOTA_US 1000
#define CPU_NO_LIMIT (-1)

typedef struct {
    int balloon_cur;
    int balloon_min;
    int balloon_max;
    int mem_unused;
    int vcpu_user_limit;
    int vcpu_count;
    int vcpu_quota;
    int vcpu_period;
} GuestFields;

/* What is the same for all guests of a run. */
typedef struct {
    const MomStockParameters *parameters;
    GuestFields fields;
    double cpu_count; /* 0 is unknown */
    double margin;
    gboolean shrinking;
} Host;

static void
resolve(GuestFields *fields, const MomSchema *schema)
{
    fields->balloon_cur = mom_schema_index(schema, "balloon_cur");
    fields->balloon_min = mom_schema_index(schema, "balloon_min");
    fields->balloon_max = mom_schema_index(schema, "balloon_max");
    fields->mem_unused = mom_schema_index(schema, "mem_unused");
    fields->vcpu_user_limit = mom_schema_index(schema, "vcpu_user_limit");
    fields->vcpu_count = mom_schema_index(schema, "vcpu_count");
    fields->vcpu_quota = mom_schema_index(schema, "vcpu_quota");
    fields->vcpu_period = mom_schema_index(schema, "vcpu_period");
}

static gboolean
number(const MomSample *sample, int index, double *out)
{
    MomValue v;

    if (index < 0 || !mom_sample_get_field(sample, (gsize)index, &v))
        return FALSE;
    if (v.type != MOM_VALUE_INT && v.type != MOM_VALUE_FLOAT)
        return FALSE;
    *out = v.type == MOM_VALUE_INT ? (double)v.integer : v.real;
    return TRUE;
}

static double
average(const MomEntity *entity, int index)
{
    gsize n_samples = mom_entity_n_samples(entity);
    double sum = 0;
    double v;
    int n = 0;

    for (gsize i = 0; i < n_samples; i++) {
        if (!number(mom_entity_sample(entity, i), index, &v))
            continue;
        sum += v;
        n++;
    }
    return n ? sum / n : 0;
}

static void
set(MomEntity *entity, const char *control, double value, const char *policy)
{
    mom_entity_set_control(entity, control, mom_value_float(value), (MomPlace){.policy = policy});
}

/* ---- balloon ---- */

static void
resize(MomEntity *guest, const Host *host, double current, double least, double most)
{
    double used =
        average(guest, host->fields.balloon_cur) - average(guest, host->fields.mem_unused);
    double floor = fmax(least, used + host->margin * current);
    double size;

    if (host->shrinking) {
        size = fmax(current * (1 - BALLOON_STEP), floor);
        if (size > current)
            return;
    } else {
        size = fmin(fmax(current * (1 + BALLOON_STEP), floor), most);
    }
    if (fabs(size - current) > BALLOON_MIN_CHANGE * current)
        set(guest, "balloon_target", size, "02-balloon");
}

static void
balloon(MomEntity *guest, const MomSample *latest, const Host *host)
{
    double current, least, most, unused;

    if (!number(latest, host->fields.balloon_cur, &current) ||
        !number(latest, host->fields.balloon_min, &least))
        return;
    if (number(latest, host->fields.balloon_max, &most) &&
        number(latest, host->fields.mem_unused, &unused) && (host->shrinking || current < most))
        resize(guest, host, current, least, most);
    if (current < least)
        set(guest, "balloon_target", least, "02-balloon");
}

/* ---- CPU ---- */

static void
release_cpu(MomEntity *guest)
{
    set(guest, "vcpu_quota", CPU_NO_LIMIT, "04-cputune");
    set(guest, "vcpu_period", CPU_PERIOD_US, "04-cputune");
}

static void
set_if_new(MomEntity *guest, const MomSample *latest, int index, const char *control, double value)
{
    double present;

    if (!number(latest, index, &present) || present != value)
        set(guest, control, value, "04-cputune");
}

static void
tune_cpu(MomEntity *guest, const MomSample *latest, const Host *host)
{
    double limit, count, quota, stretch;

    if (!number(latest, host->fields.vcpu_user_limit, &limit) ||
        !number(latest, host->fields.vcpu_count, &count) || count == 0 || host->cpu_count == 0)
        return;
    if (limit <= 0 || limit >= 100) {
        release_cpu(guest);
        return;
    }
    quota = limit / 100 * (CPU_PERIOD_US * host->cpu_count) / count;
    stretch = quota > CPU_LEAST_QUOTA_US ? 1 : 1 + CPU_LEAST_QUOTA_US / quota;
    set_if_new(guest, latest, host->fields.vcpu_quota, "vcpu_quota", stretch * quota);
    set_if_new(guest, latest, host->fields.vcpu_period, "vcpu_period", stretch * CPU_PERIOD_US);
}

/* ---- I/O ---- */

static void
tune_io(MomEntity *guest, gboolean enabled)
{
    gsize n;
    MomTune *tunes = mom_entity_tunes(guest, &n);

    for (gsize i = 0; i < n; i++)
        for (int limit = 0; limit < MOM_N_LIMITS; limit++)
            mom_limits_set(&tunes[i].current, (MomLimit)limit,
                           enabled ? tunes[i].maximum.value[limit] : mom_value_int(0));
}

/* ---- KSM ---- */

typedef struct {
    double available;
    double free; /* average */
    double shared;
    double shareable;
    double merge_across_nodes;
    double pages_to_scan;
} KsmState;

static double
host_number(MomEntity *host, const char *name)
{
    const MomSample *latest = mom_entity_latest(host);
    double v = 0;

    if (latest)
        number(latest, mom_schema_index(mom_entity_schema(host), name), &v);
    return v;
}

static void
start_ksm(MomEntity *host, const KsmState *state)
{
    gboolean is_short = state->free < KSM_FREE_SHARE * state->available;
    double pages = state->pages_to_scan + (is_short ? KSM_STEP_UP : -KSM_STEP_DOWN);

    set(host, "ksm_run", 1, "03-ksm");
    set(host, "ksm_sleep_millisecs",
        fmax(KSM_SLEEP_MS, (double)KSM_SLEEP_MS * KIB_OF_16_GIB / state->available), "03-ksm");
    set(host, "ksm_pages_to_scan", fmin(KSM_MOST_PAGES, fmax(KSM_LEAST_PAGES, pages)), "03-ksm");
}

static void
ksm(MomEntity *host, const KsmState *state, const MomStockParameters *parameters)
{
    double threshold = KSM_FREE_SHARE * state->available;
    gboolean has_room = threshold + state->shareable < state->available && state->free > threshold;
    gboolean stop =
        state->shared > 0 && (state->merge_across_nodes != parameters->ksm_merge_across_nodes ||
                              !parameters->ksm_enabled);

    if (state->shared == 0)
        set(host, "ksm_merge_across_nodes", parameters->ksm_merge_across_nodes, "03-ksm");
    if (has_room || !parameters->ksm_enabled || stop)
        set(host, "ksm_run", stop ? 2 : 0, "03-ksm");
    else
        start_ksm(host, state);
}

/* ---- all ---- */

static void
one_guest(MomEntity *guest, const Host *host)
{
    const MomSample *latest = mom_entity_latest(guest);

    mom_entity_begin_run(guest);
    if (!latest)
        return;
    balloon(guest, latest, host);
    if (host->parameters->cpu_tune_enabled)
        tune_cpu(guest, latest, host);
    else
        release_cpu(guest);
    tune_io(guest, host->parameters->io_tune_enabled);
}

void
mom_stock_direct(MomEntity *host, GPtrArray *guests, const MomStockParameters *parameters)
{
    const KsmState state = {
        .available = host_number(host, "mem_available"),
        .free = average(host, mom_schema_index(mom_entity_schema(host), "mem_free")),
        .shared = host_number(host, "ksm_pages_shared"),
        .shareable = host_number(host, "ksm_shareable"),
        .merge_across_nodes = host_number(host, "ksm_merge_across_nodes"),
        .pages_to_scan = host_number(host, "ksm_pages_to_scan"),
    };
    double share = state.free / state.available;
    Host present = {
        .parameters = parameters,
        .cpu_count = host_number(host, "cpu_count"),
        .shrinking = share < PRESSURE_SHARE && parameters->balloon_enabled,
        .margin = share <= CRITICAL_SHARE ? share - CRITICAL_SHARE
                                          : GUEST_MARGIN * (share / PRESSURE_SHARE),
    };

    mom_entity_begin_run(host);
    ksm(host, &state, parameters);
    if (guests->len > 0)
        resolve(&present.fields, mom_entity_schema(guests->pdata[0]));
    for (guint i = 0; i < guests->len; i++)
        one_guest(guests->pdata[i], &present);
}
