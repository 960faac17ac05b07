/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * GuestNetworkDaemon: what mom-guestd in a guest told last of its memory.
 *
 * The names and units of the reference's collector: mem_unused counts what buffers and page cache
 * hold as unused, and swap_in and swap_out are pages since the guest was last asked.  What only our
 * mom-guestd tells is optional.
 */
#include "agent/collectors/last-answer.h"
#include "agent/pollers/guestd-answer.h"

static const struct {
    const char *field;
    MomGuestdNumber number;
} table[] = {
    {"mem_available", MOM_GUESTD_AVAILABLE}, {"mem_unused", MOM_GUESTD_UNUSED},
    {"major_fault", MOM_GUESTD_MAJOR_FAULT}, {"minor_fault", MOM_GUESTD_MINOR_FAULT},
    {"swap_in", MOM_GUESTD_SWAP_IN},         {"swap_out", MOM_GUESTD_SWAP_OUT},
    {"mem_usable", MOM_GUESTD_USABLE},       {"swap_total", MOM_GUESTD_SWAP_TOTAL},
    {"swap_usage", MOM_GUESTD_SWAP_USAGE},
};

/* A number that the guest did not tell is no key, as in the reference: a mandatory one is missing
 * then. */
static gboolean
collect(gpointer state, const MomCollectInput *input, MomSample *sample, GError **error)
{
    gint64 age_s;
    const MomAnswer *answer = mom_last_answer(input, MOM_SLOW_GUESTD, &age_s, error);

    if (!answer)
        return FALSE;
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++)
        if (!mom_value_is_nil(answer->number[table[i].number]))
            mom_sample_set(sample, table[i].field, answer->number[table[i].number]);
    mom_sample_set(sample, "guestd_age", mom_value_int(age_s));
    return TRUE;
}

static const char *const fields[] = {
    "mem_available", "mem_unused", "major_fault", "minor_fault", "swap_in", "swap_out", NULL,
};
static const char *const extra_fields[] = {
    "mem_usable", "swap_total", "swap_usage", "guestd_age", NULL,
};

const MomCollector mom_collector_guest_network_daemon = {
    .name = "GuestNetworkDaemon",
    .fields = fields,
    .optional = extra_fields,
    .slow_sources = 1u << MOM_SLOW_GUESTD,
    .collect = collect,
};
