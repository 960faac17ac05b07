/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * KSM: turns the host's same-page merging as the policy wishes.
 *
 * Only keys that differ from what the host shows are passed on, all in one call (SEMANTICS 14).  A
 * bad value costs its own key.  The kernel has more knobs than vdsm takes: a wish for one of those
 * is told rather than lost.
 */
#include "controllers/wish.h"

#include <string.h>

#define PREFIX "ksm_"

static const char *const controls[MOM_N_KSM_KEYS + 1] = {
    [MOM_KSM_RUN] = "ksm_run",
    [MOM_KSM_PAGES_TO_SCAN] = "ksm_pages_to_scan",
    [MOM_KSM_SLEEP_MILLISECS] = "ksm_sleep_millisecs",
    [MOM_KSM_MERGE_ACROSS_NODES] = "ksm_merge_across_nodes",
};

static gboolean
is_ours(const char *name)
{
    for (int key = 0; key < MOM_N_KSM_KEYS; key++) {
        if (strcmp(controls[key], name) == 0)
            return TRUE;
    }
    return FALSE;
}

static void
complain_of_others(const MomControllerContext *context, MomEntity *host)
{
    for (gsize i = 0; i < mom_entity_n_controls(host); i++) {
        const char *name = mom_entity_control(host, i)->name;

        if (g_str_has_prefix(name, PREFIX) && !is_ours(name))
            mom_wish_complain(
                context, host, name,
                "of KSM, run, pages_to_scan, sleep_millisecs and merge_across_nodes "
                "can be set and no more, as vdsm's Host.setKsmTune takes no other; "
                "set what else is in /sys/kernel/mm/ksm at boot, as by tmpfiles.d(5)");
    }
}

static void
apply(const MomControllerContext *context, MomEntity *host, GPtrArray *guests)
{
    MomKsmTune tune = {0};

    complain_of_others(context, host);
    for (int key = 0; key < MOM_N_KSM_KEYS; key++) {
        MomValue present = MOM_NIL;

        if (mom_wish_read(context, host, controls[key], &tune.value[key]) != MOM_WISH_SET)
            continue;
        mom_entity_get_attribute(host, controls[key], &present);
        if (!mom_value_equal(mom_value_int(tune.value[key]), present))
            tune.present |= 1u << key;
    }
    if (tune.present)
        mom_actuator_set_ksm(context->actuator, host, &tune, NULL, NULL);
}

const MomController mom_controller_ksm = {
    .name = "KSM",
    .controls = controls,
    .apply = apply,
};
