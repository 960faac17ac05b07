/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * KSM: turns the host's same-page merging as the policy wishes.
 *
 * Only keys that differ from what the host shows are passed on, all in one call (SEMANTICS 14).  A
 * bad value costs its own key.
 */
#include "controllers/wish.h"

static const char *const controls[MOM_N_KSM_KEYS + 1] = {
    [MOM_KSM_RUN] = "ksm_run",
    [MOM_KSM_PAGES_TO_SCAN] = "ksm_pages_to_scan",
    [MOM_KSM_SLEEP_MILLISECS] = "ksm_sleep_millisecs",
    [MOM_KSM_MERGE_ACROSS_NODES] = "ksm_merge_across_nodes",
};

static void
apply(const MomControllerContext *context, MomEntity *host, GPtrArray *guests)
{
    MomKsmTune tune = {0};

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
