/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * KSM: turns the host's same-page merging as the policy wishes.
 *
 * Only keys that differ from what the host shows are passed on, all in one call (SEMANTICS 14).  A
 * bad value costs its own key.  The kernel has more knobs than vdsm takes: a wish for one that is
 * out of reach is told rather than lost.
 */
#include "controllers/wish.h"

#define PREFIX "ksm_"

static gboolean
is_control(const char *name)
{
    return g_strv_contains(mom_ksm_controls, name);
}

static void
complain_of_others(const MomControllerContext *context, MomEntity *host)
{
    for (gsize i = 0; i < mom_entity_n_controls(host); i++) {
        const char *name = mom_entity_control(host, i)->name;

        if (g_str_has_prefix(name, PREFIX) && !is_control(name))
            mom_wish_complain(context, host, name,
                              "KSM has no such knob; mom-policy(7) lists them under CONTROLS");
    }
}

/* Through a hypervisor interface that takes only the keys in REACH. */
static void
complain_of_reach(const MomControllerContext *context, MomEntity *host, MomKsmKey key, guint reach)
{
    g_autoptr(GString) why =
        g_string_new("out of reach, as of KSM this hypervisor interface takes");
    const char *separator = " only ";

    for (int other = 0; other < MOM_N_KSM_KEYS; other++) {
        if (!(reach & MOM_KSM_BIT(other)))
            continue;
        g_string_append_printf(why, "%s%s", separator, mom_ksm_key_name(other));
        separator = ", ";
    }
    g_string_append(why, "; set it in /sys/kernel/mm/ksm at boot, as by tmpfiles.d(5)");
    mom_wish_complain(context, host, mom_ksm_controls[key], why->str);
}

/* TRUE if the policy wishes for another value of KEY than HOST shows. */
static gboolean
read_change(const MomControllerContext *context, MomEntity *host, MomKsmKey key, gint64 *value)
{
    MomValue present = MOM_NIL;

    if (mom_wish_read_ksm(context, host, key, value) != MOM_WISH_SET)
        return FALSE;
    mom_entity_get_attribute(host, mom_ksm_controls[key], &present);
    return !mom_value_equal(mom_ksm_value(key, *value), present);
}

static void
apply(const MomControllerContext *context, MomEntity *host, GPtrArray *guests)
{
    guint reach = mom_actuator_ksm_keys(context->actuator);
    MomKsmTune tune = {0};

    complain_of_others(context, host);
    for (int key = 0; key < MOM_N_KSM_KEYS; key++) {
        if (!read_change(context, host, key, &tune.value[key]))
            continue;
        if (reach & MOM_KSM_BIT(key))
            tune.present |= MOM_KSM_BIT(key);
        else
            complain_of_reach(context, host, key, reach);
    }
    if (tune.present)
        mom_actuator_set_ksm(context->actuator, host, &tune, NULL, NULL);
}

const MomController mom_controller_ksm = {
    .name = "KSM",
    .controls = mom_ksm_controls,
    .apply = apply,
};
