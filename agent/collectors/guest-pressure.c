/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * GuestPressure: how much a guest's tasks wait for memory, by its own kernel (PSI), as mom-guestd
 * told it last.
 *
 * All is optional: a guest without mom-guestd, or whose kernel has no PSI, has nil here, and is no
 * fault.
 */
#include "agent/collectors/last-answer.h"
#include "agent/pollers/guestd-answer.h"

static const struct {
    const char *field;
    MomGuestdNumber number;
} table[] = {
    {"psi_memory_some_avg10", MOM_GUESTD_SOME_AVG10},
    {"psi_memory_full_avg10", MOM_GUESTD_FULL_AVG10},
    {"psi_memory_some_total", MOM_GUESTD_SOME_TOTAL_US},
    {"psi_memory_full_total", MOM_GUESTD_FULL_TOTAL_US},
};

static gboolean
collect(gpointer state, const MomCollectInput *input, MomSample *sample, GError **error)
{
    gint64 age_s;
    const MomAnswer *answer = mom_last_answer(input, MOM_SLOW_GUESTD, &age_s, NULL);

    if (!answer)
        return TRUE;
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++)
        mom_sample_set(sample, table[i].field, answer->number[table[i].number]);
    if (!mom_value_is_nil(answer->number[MOM_GUESTD_SOME_AVG10]))
        mom_sample_set(sample, "psi_memory_age", mom_value_int(age_s));
    return TRUE;
}

static const char *const none[] = {NULL};
static const char *const fields[] = {
    "psi_memory_some_avg10", "psi_memory_full_avg10", "psi_memory_some_total",
    "psi_memory_full_total", "psi_memory_age",        NULL,
};

const MomCollector mom_collector_guest_pressure = {
    .name = "GuestPressure",
    .fields = none,
    .optional = fields,
    .slow_sources = 1u << MOM_SLOW_GUESTD,
    .collect = collect,
};
