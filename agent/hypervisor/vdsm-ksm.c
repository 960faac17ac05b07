/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See vdsm-ksm.h.  vdsm has root's helper write the kernel's files and says no more than that it
 * failed, so the place where the reason stands is told with it, once.
 */
#define G_LOG_DOMAIN "mom.vdsmInterface"

#include "agent/hypervisor/vdsm-ksm.h"

#include "vdsm-client/error.h"

typedef struct {
    MomVdsmKsm *self;
    MomActuatorDone done;
    gpointer data;
} Call;

static void
note(MomVdsmKsm *self, const GError *error)
{
    gboolean missing = g_error_matches(error, MOM_VDSM_ERROR, MOM_VDSM_ERROR_NO_METHOD);
    g_autofree char *message = NULL;

    if (!error) {
        mom_fault_end(&self->fault, "KSM: vdsm takes Host.setKsmTune again");
    } else if (mom_vdsm_err_answered(error) && !mom_vdsm_err_not_yet(error)) {
        message = g_strdup_printf(
            "KSM is not turned: %s; %s, or take KSM out of "
            "[main] controllers",
            error->message,
            missing ? "it needs a vdsm that has this verb"
                    : "/var/log/vdsm/supervdsm.log tells which file of /sys/kernel/mm/ksm failed");
        mom_fault_raise(&self->fault, message);
    }
}

static void
set(const GError *error, gpointer data)
{
    g_autofree Call *call = data;

    note(call->self, error);
    if (call->done)
        call->done(error, call->data);
}

static void
refuse(MomActuatorDone done, gpointer data)
{
    g_autoptr(GError) error = g_error_new_literal(
        G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "Host.setKsmTune of vdsm takes no such knob of KSM");

    if (done)
        done(error, data);
}

void
mom_vdsm_ksm_set(MomVdsmKsm *self, const MomKsmTune *tune, MomActuatorDone done, gpointer data)
{
    MomVdsmKsmTune keys = {0};
    const struct {
        MomKsmKey key;
        MomVdsmInt *to;
    } map[] = {
        {MOM_KSM_RUN, &keys.run},
        {MOM_KSM_PAGES_TO_SCAN, &keys.pages_to_scan},
        {MOM_KSM_SLEEP_MILLISECS, &keys.sleep_millisecs},
        {MOM_KSM_MERGE_ACROSS_NODES, &keys.merge_across_nodes},
    };
    Call *call;

    if (tune->present & ~MOM_VDSM_KSM_KEYS) {
        refuse(done, data);
        return;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(map); i++) {
        *map[i].to = (MomVdsmInt){.set = (tune->present & MOM_KSM_BIT(map[i].key)) != 0,
                                  .value = tune->value[map[i].key]};
    }
    call = g_new(Call, 1);
    *call = (Call){self, done, data};
    mom_vdsm_set_ksm_tune(self->vdsm, &keys, set, call);
}
