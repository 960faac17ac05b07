/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * libFuzzer target: the bytes are a policy, and, hashed, the data of a host and three guests.
 *
 * Evaluated twice: a run must not depend on the run before it, whether that failed or not.
 */
#include "policy/policy.h"

#include <string.h>

#define MAX_STEPS 20000
#define N_GUESTS 3
#define N_FIELDS 4

int LLVMFuzzerTestOneInput(const guint8 *data, size_t size);

static MomValue
any_value(guint32 *seed)
{
    const gdouble floats[] = {0.0, -0.5, 1e308, 0.25};
    const gint64 integers[] = {0, 1, G_MAXINT64, -7};

    *seed = *seed * 1664525 + 1013904223;
    switch (*seed >> 29) {
    case 0:
        return MOM_NIL;
    case 1:
        return mom_value_string("text");
    case 2:
    case 3:
        return mom_value_float(floats[*seed >> 24 & 3]);
    default:
        return mom_value_int(integers[*seed >> 24 & 3]);
    }
}

static void
add_tunes(MomSample *sample, guint32 *seed)
{
    const MomExtraLimit extra = {"burst", any_value(seed)};
    MomTune tune = {.name = "sda", .current = {.n_extra = 1, .extra = &extra}};
    const MomValue items[] = {{.type = MOM_VALUE_TUNE, .object = &tune}, MOM_NIL};
    const MomList list = {.length = 2, .items = items};

    mom_limits_set(&tune.maximum, MOM_LIMIT_READ_IOPS, any_value(seed));
    mom_sample_set(sample, "io_tune", (MomValue){.type = MOM_VALUE_LIST, .list = &list});
}

static MomEntity *
any_entity(guint32 *seed)
{
    static const char *const names[N_FIELDS] = {"mem_free", "balloon_cur", "label", "io_tune"};
    g_autoptr(MomSchema) schema = mom_schema_new(names, N_FIELDS);
    MomEntity *entity = mom_entity_new(schema);

    mom_entity_set_property(entity, "name", mom_value_string("vm"));
    for (gint64 t = 0; t < 3; t++) {
        MomSample *sample = mom_sample_new(schema, t);

        for (gsize i = 0; i < N_FIELDS - 1; i++)
            mom_sample_set(sample, names[i], any_value(seed));
        add_tunes(sample, seed);
        mom_entity_add_sample(entity, sample, 2);
    }
    return entity;
}

static char *
run(MomPolicyStore *store, MomEntity *host, GPtrArray *guests, gboolean trace)
{
    const MomPolicyRunOptions options = {.max_steps = MAX_STEPS, .trace = trace};
    g_autoptr(GError) error = NULL;

    if (mom_policy_evaluate(store, host, guests, &options, &error))
        return g_strdup("");
    g_assert_cmpuint(mom_policy_error_place(error).line, >=, 1);
    return g_strdup(error->message);
}

int
LLVMFuzzerTestOneInput(const guint8 *data, size_t size)
{
    g_autoptr(MomPolicyStore) store = mom_policy_store_new();
    g_autoptr(GPtrArray) guests = g_ptr_array_new_with_free_func((GDestroyNotify)mom_entity_free);
    g_autoptr(MomEntity) host = NULL;
    g_autofree char *first = NULL;
    g_autofree char *second = NULL;
    guint32 seed = 1;

    if (!mom_policy_store_set(store, "fuzz", (const char *)data, (gssize)size, NULL))
        return 0;
    for (size_t i = 0; i < size; i++)
        seed = seed * 31 + data[i];
    host = any_entity(&seed);
    for (int i = 0; i < N_GUESTS; i++)
        g_ptr_array_add(guests, any_entity(&seed));
    first = run(store, host, guests, FALSE);
    second = run(store, host, guests, TRUE);
    g_assert_cmpstr(first, ==, second);
    mom_entity_commit_run(host);
    return 0;
}
