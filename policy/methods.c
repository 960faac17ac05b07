/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The methods of entities and tunes, and `debug` (SEMANTICS 12.2 and 12.3).
 *
 * They are the only way in which a policy changes anything: controls, variables and the run's
 * tunes.  Nothing here may reach a sample or outlive the run, but through mom_entity_commit_run.
 */
#include "policy/entity-private.h"
#include "policy/methods.h"
#include "policy/quotient.h"
#include "policy/sum.h"
#include "policy/trace.h"

#include <string.h>

/* Looking through an entity's controls or variables is a search that compares names; a policy that
 * makes many of them, or long ones, pays for it. */
#define ENTRIES_PER_STEP 4
#define BYTES_PER_ENTRY 64

#define METHOD(name)                                                                               \
    static gboolean name(MomRun *run, const MomNode *head, MomValue self,                          \
                         const MomValue *arguments, gsize n, MomValue *out)

static const char *
get_name(MomRun *run, const MomNode *head, MomValue v)
{
    if (v.type == MOM_VALUE_STRING)
        return v.string;
    mom_run_fail(run, head, "the name must be a string, not of type %s",
                 mom_value_type_name(v.type));
    return NULL;
}

/* The reference takes any value as the name of a control or variable; numbers, booleans and nil are
 * harmless, so they still work here, under the name that they are printed as. */
static const char *
get_key(MomRun *run, const MomNode *head, MomValue v)
{
    g_autoptr(GString) text = NULL;
    char *key;

    if (v.type > MOM_VALUE_FLOAT)
        return get_name(run, head, v);
    if (!mom_run_charge_text(run, head, v))
        return NULL;
    text = g_string_new(NULL);
    if (mom_value_is_nil(v))
        g_string_append(text, "null"); /* as the reference's JSON shows it */
    else
        mom_value_print(text, v);
    key = mom_run_alloc(run, head, text->len + 1);
    return key ? strcpy(key, text->str) : NULL;
}

/* Takes the steps of looking for KEY among ENTRIES. */
static gboolean
charge_search(MomRun *run, const MomNode *head, gsize entries, const char *key)
{
    gsize cost_per_entry = 1 + strlen(key) / BYTES_PER_ENTRY;

    return mom_run_charge(run, head, entries * cost_per_entry / ENTRIES_PER_STEP);
}

gboolean
mom_method_field(MomRun *run, const MomNode *head, MomEntity *entity, MomValue name, gsize *index)
{
    const char *field = get_name(run, head, name);
    int found;

    if (!field)
        return FALSE;
    found = mom_schema_index(mom_entity_schema(entity), field);
    if (found < 0)
        return mom_run_fail(run, head, "no collector declares the field %s", field);
    *index = (gsize)found;
    return TRUE;
}

METHOD(prop)
{
    const char *name = get_name(run, head, arguments[0]);

    if (!name)
        return FALSE;
    if (!mom_entity_get_property(self.entity, name, out))
        return mom_run_fail(run, head, "there is no property %s", name);
    return TRUE;
}

/* The default is only for a key that is missing, never for nil (Q20). */
METHOD(stat)
{
    gsize index;

    if (!mom_method_field(run, head, self.entity, arguments[0], &index))
        return FALSE;
    *out = MOM_NIL;
    if (!mom_entity_get_field(self.entity, index, out) && n > 1 &&
        mom_entity_n_samples(self.entity) > 0)
        *out = arguments[1];
    return TRUE;
}

METHOD(stat_avg)
{
    MomSum sum = {0};
    gsize index;

    if (!mom_method_field(run, head, self.entity, arguments[0], &index))
        return FALSE;
    if (mom_entity_n_samples(self.entity) == 0)
        return mom_run_fail(run, head, "there is no sample yet to take an average of");
    for (gsize i = 0; i < mom_entity_n_samples(self.entity); i++) {
        MomValue v;

        if (!mom_sample_get_field(mom_entity_sample(self.entity, i), index, &v) ||
            mom_value_is_nil(v))
            continue;
        if (!mom_sum_add(&sum, v))
            return mom_run_fail(run, head, "no average of values of type %s",
                                mom_value_type_name(v.type));
    }
    if (sum.n == 0)
        *out = mom_value_float(0);
    else
        *out = mom_value_float(sum.is_real ? sum.real / (double)sum.n
                                           : mom_quotient(sum.whole, sum.n));
    return TRUE;
}

METHOD(set_var)
{
    gsize present = mom_entity_n_variables(self.entity);
    const char *name = get_key(run, head, arguments[0]);
    MomValue before;

    if (!name || !charge_search(run, head, present, name) ||
        !mom_run_charge_copy(run, head, arguments[0]) ||
        !mom_run_charge_copy(run, head, arguments[1]))
        return FALSE;
    if (present >= MOM_POLICY_MAX_VARIABLES && !mom_entity_get_variable(self.entity, name, &before))
        return mom_run_fail_limit(run, head, "more than %d variables on one entity",
                                  MOM_POLICY_MAX_VARIABLES);
    mom_entity_set_variable(self.entity, name, arguments[1]);
    *out = MOM_NIL;
    return TRUE;
}

METHOD(get_var)
{
    const char *name = get_key(run, head, arguments[0]);

    if (!name || !charge_search(run, head, mom_entity_n_variables(self.entity), name))
        return FALSE;
    *out = MOM_NIL;
    mom_entity_get_variable(self.entity, name, out);
    return TRUE;
}

METHOD(since)
{
    const char *name = get_key(run, head, arguments[0]);
    const MomSample *latest = mom_entity_latest(self.entity);
    gint64 changed_us;

    if (!name || !charge_search(run, head, mom_entity_n_variables(self.entity), name))
        return FALSE;
    *out = MOM_NIL;
    if (latest && mom_entity_get_variable_time(self.entity, name, &changed_us))
        *out = mom_value_float((double)(mom_sample_time_us(latest) - changed_us) /
                               (double)G_USEC_PER_SEC);
    return TRUE;
}

METHOD(control)
{
    gsize present = mom_entity_n_controls(self.entity);
    const char *name = get_key(run, head, arguments[0]);

    if (!name || !charge_search(run, head, present, name) ||
        !mom_run_charge_copy(run, head, arguments[0]) ||
        !mom_run_charge_copy(run, head, arguments[1]))
        return FALSE;
    if (present >= MOM_POLICY_MAX_CONTROLS && !mom_entity_get_control(self.entity, name))
        return mom_run_fail_limit(run, head, "more than %d controls on one entity",
                                  MOM_POLICY_MAX_CONTROLS);
    mom_entity_set_control(self.entity, name, arguments[1], mom_run_place(run, head));
    if (G_UNLIKELY(run->trace))
        mom_entity_set_reads(self.entity, name, mom_trace_reads(run));
    *out = MOM_NIL;
    return TRUE;
}

METHOD(get_control)
{
    const MomControl *found;
    const char *name = get_key(run, head, arguments[0]);

    if (!name || !charge_search(run, head, mom_entity_n_controls(self.entity), name))
        return FALSE;
    found = mom_entity_get_control(self.entity, name);
    *out = found ? found->value : MOM_NIL;
    return TRUE;
}

const MomMethod mom_entity_methods[] = {
    {"Prop", 1, 1, prop, TRUE},
    {"Stat", 1, 2, stat, TRUE},
    {"StatAvg", 1, 1, stat_avg, TRUE},
    {"SetVar", 2, 2, set_var, FALSE},
    {"GetVar", 1, 1, get_var, TRUE},
    {"Control", 2, 2, control, FALSE},
    {"GetControl", 1, 1, get_control, TRUE},
    /* From here on ours: see MOM_FIRST_EXTENSION_METHOD. */
    {"StatMin", 1, 1, mom_method_stat_min, TRUE},
    {"StatMax", 1, 1, mom_method_stat_max, TRUE},
    {"StatRate", 1, 1, mom_method_stat_rate, TRUE},
    {"Since", 1, 1, since, TRUE},
};

const gsize mom_n_entity_methods = G_N_ELEMENTS(mom_entity_methods);

/* ---- tunes ---- */

static gboolean
set_limit(
    MomRun *run, const MomNode *head, MomValue self, MomLimit limit, MomValue v, MomValue *out)
{
    /* Every tune that a policy can reach is the run's copy; see entity.h. */
    MomTune *tune = (MomTune *)self.object;
    gint64 n;

    *out = MOM_NIL;
    tune->place = mom_run_place(run, head);
    if (G_UNLIKELY(run->trace))
        tune->reads = mom_trace_reads(run);
    if (mom_value_is_nil(v)) {
        mom_limits_set(&tune->current, limit, MOM_NIL);
        return TRUE;
    }
    if (!mom_value_to_int(v, &n))
        return mom_run_fail(run, head,
                            "%s takes an integer or nil, or what can be made one; this %s cannot",
                            mom_tune_methods[limit].name, mom_value_type_name(v.type));
    mom_limits_set(&tune->current, limit, mom_value_int(n));
    return TRUE;
}

#define SETTER(name, limit)                                                                        \
    METHOD(name)                                                                                   \
    {                                                                                              \
        return set_limit(run, head, self, limit, arguments[0], out);                               \
    }

SETTER(set_total_bytes, MOM_LIMIT_TOTAL_BYTES)
SETTER(set_read_bytes, MOM_LIMIT_READ_BYTES)
SETTER(set_write_bytes, MOM_LIMIT_WRITE_BYTES)
SETTER(set_total_iops, MOM_LIMIT_TOTAL_IOPS)
SETTER(set_read_iops, MOM_LIMIT_READ_IOPS)
SETTER(set_write_iops, MOM_LIMIT_WRITE_IOPS)

const MomMethod mom_tune_methods[MOM_N_LIMITS] = {
    [MOM_LIMIT_TOTAL_BYTES] = {"setTotalBytesSec", 1, 1, set_total_bytes},
    [MOM_LIMIT_READ_BYTES] = {"setReadBytesSec", 1, 1, set_read_bytes},
    [MOM_LIMIT_WRITE_BYTES] = {"setWriteBytesSec", 1, 1, set_write_bytes},
    [MOM_LIMIT_TOTAL_IOPS] = {"setTotalIopsSec", 1, 1, set_total_iops},
    [MOM_LIMIT_READ_IOPS] = {"setReadIopsSec", 1, 1, set_read_iops},
    [MOM_LIMIT_WRITE_IOPS] = {"setWriteIopsSec", 1, 1, set_write_iops},
};

/* ---- debug ---- */

METHOD(call_debug)
{
    *out = arguments[n - 1];
    if (run->options->debug) {
        g_autoptr(GString) text = g_string_new(NULL);
        MomPlace place = mom_run_place(run, head);

        for (gsize i = 0; i < n; i++) {
            if (!mom_run_charge_walk(run, head, arguments[i]))
                return FALSE;
            if (i > 0)
                g_string_append_c(text, ' ');
            mom_value_print(text, arguments[i]);
        }
        run->options->debug(&place, text->str, run->options->debug_data);
    }
    return TRUE;
}

const MomMethod mom_function_debug = {"debug", 1, G_MAXUINT, call_debug};
