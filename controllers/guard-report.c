/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The guard's verdicts put into words that others can read: names of knobs, values from and to.
 *
 * A pair of CPU quota and period is one part and two reports.  Nothing is judged here.
 */
#include "controllers/guard-private.h"

static void
tell_one(MomGuard *guard,
         MomGuardReport *report,
         const char *knob,
         const Part *part,
         MomValue from,
         MomValue to)
{
    report->knob = knob;
    report->from = part->from_known ? from : MOM_NIL;
    report->to = to;
    guard->report(report, guard->report_data);
}

static MomValue
limits_value(const MomLimits *limits)
{
    return (MomValue){.type = MOM_VALUE_LIMITS, .object = limits};
}

void
mom_guard_tell(MomGuard *guard, MomGuardReport *report, const Part *part)
{
    MomValue from = mom_value_int(part->from.number), to = mom_value_int(part->to.number);

    if (!guard->report)
        return;
    report->rail = part->rail ? part->rail->name : NULL;
    if (!report->why && part->rail)
        report->why = part->rail->why;
    report->place = part->place;
    report->disk = part->disk;
    switch (part->knob) {
    case MOM_GUARD_BALLOON:
        tell_one(guard, report, "balloon_target", part, from, to);
        break;
    case MOM_GUARD_KSM:
        tell_one(guard, report, mom_ksm_controls[part->key], part,
                 mom_ksm_value(part->key, part->from.number),
                 mom_ksm_value(part->key, part->to.number));
        break;
    case MOM_GUARD_CPU:
        tell_one(guard, report, "vcpu_quota", part, mom_value_int(part->from.cpu.quota_us),
                 mom_value_int(part->to.cpu.quota_us));
        report->place = part->period_place;
        tell_one(guard, report, "vcpu_period", part, mom_value_int(part->from.cpu.period_us),
                 mom_value_int(part->to.cpu.period_us));
        break;
    case MOM_GUARD_IO:
        tell_one(guard, report, "io_tune", part, limits_value(&part->from.limits),
                 limits_value(&part->to.limits));
        break;
    }
}

void
mom_guard_tell_now(MomGuard *guard, MomGuardReport report, MomEntity *entity, const Part *part)
{
    report.entity = entity;
    if (part->knob != MOM_GUARD_KSM) {
        report.uuid = mom_entity_get_string_property(entity, "uuid");
        report.name = mom_entity_get_string_property(entity, "name");
    }
    mom_guard_tell(guard, &report, part);
}

const char *
mom_guard_verdict_name(MomGuardVerdict verdict)
{
    static const char *const names[] = {
        [MOM_GUARD_SENT] = "sent",     [MOM_GUARD_DONE] = "done",
        [MOM_GUARD_FAILED] = "failed", [MOM_GUARD_UNCHANGED] = "unchanged",
        [MOM_GUARD_RAILED] = "railed", [MOM_GUARD_DRY] = "dry",
        [MOM_GUARD_STUCK] = "stuck",   [MOM_GUARD_FOLLOWS] = "follows",
    };

    return names[verdict];
}
