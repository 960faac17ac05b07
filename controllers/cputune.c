/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * CpuTune: limits the CPU time of guests as the policy wishes.
 *
 * Quota and period belong together: if one differs, both are passed on.  They are compared before
 * they are truncated (SEMANTICS 14, Q22).  A side without a wish keeps its present value.
 */
#include "controllers/wish.h"

#define QUOTA "vcpu_quota"
#define PERIOD "vcpu_period"

/* What one side shall be: the wish, or else the present value.  FALSE: complained. */
static gboolean
read_side(const MomControllerContext *context,
          MomEntity *guest,
          const char *name,
          MomValue *wish,
          gboolean *differs)
{
    MomValue present;

    if (!mom_entity_get_attribute(guest, name, &present)) {
        mom_wish_complain(context, guest, name, "no collector declares it");
        return FALSE;
    }
    if (mom_value_is_nil(*wish))
        *wish = present;
    else if (!mom_value_equal(*wish, present))
        *differs = TRUE;
    return TRUE;
}

/* FALSE: complained. */
static gboolean
truncate_side(const MomControllerContext *context,
              MomEntity *guest,
              const char *name,
              MomValue value,
              gint64 *out)
{
    if (mom_value_to_int(value, out))
        return TRUE;
    if (mom_wish_read(context, guest, name, out) == MOM_WISH_NONE)
        mom_wish_complain(context, guest, name, "its present value is unknown");
    return FALSE;
}

static void
apply_to_guest(const MomControllerContext *context, MomEntity *guest)
{
    MomValue quota = mom_wish_raw(guest, QUOTA);
    MomValue period = mom_wish_raw(guest, PERIOD);
    gboolean differs = FALSE;
    gint64 quota_us, period_us;

    if (mom_value_is_nil(quota) && mom_value_is_nil(period))
        return;
    if (!read_side(context, guest, QUOTA, &quota, &differs) ||
        !read_side(context, guest, PERIOD, &period, &differs) || !differs)
        return;
    if (!truncate_side(context, guest, QUOTA, quota, &quota_us) ||
        !truncate_side(context, guest, PERIOD, period, &period_us))
        return;
    if (mom_wish_has_address(context, guest, QUOTA))
        mom_actuator_set_cpu_tune(context->actuator, guest, quota_us, period_us, NULL, NULL);
}

static void
apply(const MomControllerContext *context, MomEntity *host, GPtrArray *guests)
{
    for (guint i = 0; i < guests->len; i++)
        apply_to_guest(context, g_ptr_array_index(guests, i));
}

static const char *const controls[] = {QUOTA, PERIOD, NULL};

const MomController mom_controller_cputune = {
    .name = "CpuTune",
    .controls = controls,
    .apply = apply,
};
