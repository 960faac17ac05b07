/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Guests of 72 kinds, so that every branch of the stock set is taken by some of them: with and
 * without balloon driver, CPU limit and throttled disk, below their guarantee, already right.
 *
 * Only this file knows how the worlds look; what is right for them is for the stock set to say.
 */
#include "tests/bench/stock-world.h"

#include <math.h>
#include <string.h>

#define HISTORY 10
#define SECOND_US G_USEC_PER_SEC
#define TOLERANCE 1e-9

const char *const mom_stock_state_names[MOM_STOCK_N_STATES] = {"idle", "alike", "pressed",
                                                               "critical"};

static const char *const host_fields[] = {
    "mem_available",          "mem_free",         "mem_unused",        "ksm_run",
    "ksm_sleep_millisecs",    "ksm_pages_shared", "ksm_pages_sharing", "ksm_pages_to_scan",
    "ksm_merge_across_nodes", "ksm_shareable",    "cpu_count"};

static const char *const guest_fields[] = {
    "mem_available", "mem_unused",  "major_fault",     "minor_fault",     "swap_in",
    "swap_out",      "balloon_cur", "balloon_max",     "balloon_min",     "vcpu_quota",
    "vcpu_period",   "vcpu_count",  "vcpu_user_limit", "io_tune_current", "io_tune"};

/* ---- worlds ---- */

typedef struct {
    const char *name;
    gint64 value[MOM_STOCK_N_STATES];
} HostField;

static const HostField host_values[] = {
    {"mem_available", {1000000000, 1000000000, 1000000000, 1000000000}},
    {"mem_free", {500000000, 500000000, 100000000, 20000000}},
    {"mem_unused", {400000000, 400000000, 50000000, 10000000}},
    {"ksm_run", {0, 1, 1, 1}},
    {"ksm_sleep_millisecs", {20, 10, 10, 10}},
    {"ksm_pages_shared", {0, 1000, 1000, 1000}},
    {"ksm_pages_sharing", {0, 5000, 5000, 5000}},
    {"ksm_pages_to_scan", {100, 500, 500, 1200}},
    {"ksm_merge_across_nodes", {1, 1, 1, 0}},
    {"ksm_shareable", {300000000, 900000000, 900000000, 900000000}},
    {"cpu_count", {16, 16, 16, 16}},
};

static MomEntity *
host_new(MomSchema *schema, MomStockState state)
{
    MomEntity *host = mom_entity_new(schema);

    for (int t = 0; t < HISTORY; t++) {
        MomSample *sample = mom_sample_new(schema, t * SECOND_US);

        for (gsize i = 0; i < G_N_ELEMENTS(host_values); i++)
            mom_sample_set(sample, host_values[i].name, mom_value_int(host_values[i].value[state]));
        mom_entity_add_sample(host, sample, HISTORY);
    }
    return host;
}

/* Every third kind of throttled guest has one limit that is not known. */
static void
set_tunes(MomSample *sample, gsize kind)
{
    MomTune tune = {.name = "vda", .path = "/dev/volume"};
    MomTuneState state = {.name = "vda", .path = "/dev/volume"};
    const MomValue item = {.type = MOM_VALUE_TUNE, .object = &tune};
    const MomValue state_item = {.type = MOM_VALUE_TUNE_STATE, .object = &state};
    const MomList list = {.length = 1, .items = &item};
    const MomList states = {.length = 1, .items = &state_item};

    for (int i = 0; i < MOM_N_LIMITS; i++) {
        mom_limits_set(&tune.maximum, (MomLimit)i, mom_value_int(1000 * (i + 1)));
        mom_limits_set(&tune.current, (MomLimit)i, mom_value_int(0));
        mom_limits_set(&state.io_tune, (MomLimit)i, mom_value_int(0));
    }
    if (kind % 3 == 0)
        mom_limits_set(&tune.maximum, MOM_LIMIT_WRITE_IOPS, MOM_NIL);
    mom_sample_set(sample, "io_tune", (MomValue){.type = MOM_VALUE_LIST, .list = &list});
    mom_sample_set(sample, "io_tune_current", (MomValue){.type = MOM_VALUE_LIST, .list = &states});
}

/* Of four kinds, one uses half of its memory, one nearly all, two so much that their floor, and not
 * the size of a step, decides how far they shrink: one on a pressed host, one on a critical one. */
static void
set_memory(MomSample *sample, gsize kind, int t)
{
    const gint64 parts_unused[] = {12, 2, 8, 100};
    gint64 size = kind % 9 == 5 ? 900000 : 4194304 - 10000 * (gint64)(kind % 8);

    mom_sample_set(sample, "mem_available", mom_value_int(size));
    mom_sample_set(sample, "mem_unused",
                   kind % 9 == 7 ? MOM_NIL
                                 : mom_value_int(size / parts_unused[kind % 4] + 100 * t));
    mom_sample_set(sample, "major_fault", mom_value_int(t));
    mom_sample_set(sample, "minor_fault", mom_value_int(100 * t));
    mom_sample_set(sample, "swap_in", mom_value_int(0));
    mom_sample_set(sample, "swap_out", mom_value_int(0));
    mom_sample_set(sample, "balloon_cur", mom_value_int(size));
    mom_sample_set(sample, "balloon_max", mom_value_int(4194304));
    mom_sample_set(sample, "balloon_min", mom_value_int(1000000));
}

/* Of eight kinds, four have no limit, one has a limit that is set already, one needs a stretched
 * period. */
static void
set_cpu(MomSample *sample, gsize kind)
{
    gboolean is_tiny = kind % 8 == 3;
    gboolean is_set = kind % 8 == 1;

    mom_sample_set(sample, "vcpu_user_limit",
                   mom_value_int(kind % 2 == 0 ? 100
                                 : is_tiny     ? 1
                                               : 50));
    mom_sample_set(sample, "vcpu_count", mom_value_int(is_tiny ? 32 : 4));
    mom_sample_set(sample, "vcpu_quota", is_set ? mom_value_int(200000) : mom_value_int(-1));
    mom_sample_set(sample, "vcpu_period", mom_value_int(100000));
}

static MomEntity *
guest_new(MomSchema *schema, gsize kind)
{
    MomEntity *guest = mom_entity_new(schema);

    for (int t = 0; t < HISTORY; t++) {
        MomSample *sample = mom_sample_new(schema, t * SECOND_US);

        set_memory(sample, kind, t);
        set_cpu(sample, kind);
        mom_sample_set(sample, "io_tune", MOM_NIL);
        mom_sample_set(sample, "io_tune_current", MOM_NIL);
        if (kind % 4 == 0)
            set_tunes(sample, kind);
        mom_entity_add_sample(guest, sample, HISTORY);
    }
    return guest;
}

MomStockWorld *
mom_stock_world_new(gsize n_guests, MomStockState state)
{
    MomStockWorld *world = g_new0(MomStockWorld, 1);

    world->host_schema = mom_schema_new(host_fields, G_N_ELEMENTS(host_fields));
    world->guest_schema = mom_schema_new(guest_fields, G_N_ELEMENTS(guest_fields));
    world->host = host_new(world->host_schema, state);
    world->guests = g_ptr_array_new_with_free_func((GDestroyNotify)mom_entity_free);
    for (gsize i = 0; i < n_guests; i++)
        g_ptr_array_add(world->guests, guest_new(world->guest_schema, i % MOM_STOCK_KINDS));
    return world;
}

void
mom_stock_world_free(MomStockWorld *world)
{
    if (!world)
        return;
    g_ptr_array_unref(world->guests);
    mom_entity_free(world->host);
    mom_schema_unref(world->guest_schema);
    mom_schema_unref(world->host_schema);
    g_free(world);
}

/* ---- the set ---- */

static gboolean
add_file(MomPolicyStore *store, const char *file, GError **error)
{
    g_autofree char *path = g_build_filename(MOM_STOCK_SET_DIR, file, NULL);
    g_autofree char *name = g_strndup(file, strlen(file) - strlen(".policy"));
    g_autofree char *text = NULL;
    gsize length;

    return g_file_get_contents(path, &text, &length, error) &&
           mom_policy_store_set(store, name, text, (gssize)length, error);
}

static gboolean
add_files(MomPolicyStore *store, GError **error)
{
    g_autoptr(GDir) dir = g_dir_open(MOM_STOCK_SET_DIR, 0, error);
    const char *file;

    if (!dir)
        return FALSE;
    while ((file = g_dir_read_name(dir)))
        if (g_str_has_suffix(file, ".policy") && !add_file(store, file, error))
            return FALSE;
    return TRUE;
}

static gboolean
add_parameters(MomPolicyStore *store, const MomStockParameters *parameters, GError **error)
{
    g_autofree char *text = g_strdup_printf(
        "(set balloonEnabled %d)\n(set ksmEnabled %d)\n(set ksmMergeAcrossNodes %d)\n"
        "(set cpuTuneEnabled %d)\n(set ioTuneEnabled %d)\n",
        parameters->balloon_enabled, parameters->ksm_enabled, parameters->ksm_merge_across_nodes,
        parameters->cpu_tune_enabled, parameters->io_tune_enabled);

    return mom_policy_store_set(store, "01-parameters", text, -1, error);
}

static gboolean
add_unused(MomPolicyStore *store, gsize n, GError **error)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (gsize i = 0; i < n; i++)
        g_string_append_printf(text, "(def unused_%" G_GSIZE_FORMAT " (a) (+ a 1))\n", i);
    return mom_policy_store_set(store, "00-unused", text->str, -1, error);
}

MomPolicyStore *
mom_stock_store_new(const MomStockParameters *parameters, gsize n_unused, GError **error)
{
    g_autoptr(MomPolicyStore) store = mom_policy_store_new();

    if (!add_files(store, error) || !add_parameters(store, parameters, error) ||
        (n_unused > 0 && !add_unused(store, n_unused, error)))
        return NULL;
    return g_steal_pointer(&store);
}

/* ---- comparison ---- */

static gboolean
alike(MomValue a, MomValue b)
{
    double x, y;

    if (!mom_value_is_number(a) || !mom_value_is_number(b))
        return mom_value_equal(a, b);
    x = a.type == MOM_VALUE_FLOAT ? a.real : (double)a.integer;
    y = b.type == MOM_VALUE_FLOAT ? b.real : (double)b.integer;
    return fabs(x - y) <= TOLERANCE * fmax(1, fmax(fabs(x), fabs(y)));
}

/* The controls of A that B has not, or has otherwise. */
static char *
control_difference(const char *who, const MomEntity *a, const MomEntity *b)
{
    for (gsize i = 0; i < mom_entity_n_controls(a); i++) {
        const MomControl *control = mom_entity_control(a, i);
        const MomControl *other = mom_entity_get_control(b, control->name);

        if (!other)
            return g_strdup_printf("%s: only one side set %s", who, control->name);
        if (!alike(control->value, other->value))
            return g_strdup_printf("%s: %s differs", who, control->name);
    }
    if (mom_entity_n_controls(a) != mom_entity_n_controls(b))
        return g_strdup_printf("%s: one side set more controls", who);
    return NULL;
}

static char *
tune_difference(const char *who, MomEntity *a, MomEntity *b)
{
    gsize n, m;
    const MomTune *tunes = mom_entity_tunes(a, &n);
    const MomTune *others = mom_entity_tunes(b, &m);

    if (n != m)
        return g_strdup_printf("%s: the numbers of tunes differ", who);
    for (gsize i = 0; i < n; i++)
        if (!mom_limits_equal(&tunes[i].current, &others[i].current))
            return g_strdup_printf("%s: tune %" G_GSIZE_FORMAT " differs", who, i);
    return NULL;
}

static char *
entity_difference(const char *who, MomEntity *a, MomEntity *b)
{
    char *difference = control_difference(who, a, b);

    return difference ? difference : tune_difference(who, a, b);
}

char *
mom_stock_world_difference(MomStockWorld *a, MomStockWorld *b)
{
    char *difference = entity_difference("host", a->host, b->host);

    for (guint i = 0; i < a->guests->len && !difference; i++) {
        g_autofree char *who = g_strdup_printf("guest %u", i);

        difference = entity_difference(who, a->guests->pdata[i], b->guests->pdata[i]);
    }
    return difference;
}
