/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * HostTime: the host's local time in parts, for policies that differ by hour or day.
 *
 * It takes the time of the collection and never asks a clock itself.
 */
#include "agent/collectors/collector.h"

static gboolean
collect(gpointer state, const MomCollectInput *input, MomSample *sample, GError **error)
{
    gint64 us = input->wall_us % G_USEC_PER_SEC;
    g_autoptr(GDateTime) t = g_date_time_new_from_unix_local(input->wall_us / G_USEC_PER_SEC);

    if (!t) {
        g_set_error_literal(error, MOM_COLLECTOR_ERROR, MOM_COLLECTOR_ERROR_COLLECTION,
                            "the host's clock shows no time that a calendar knows");
        return FALSE;
    }
    mom_sample_set(sample, "time_year", mom_value_int(g_date_time_get_year(t)));
    mom_sample_set(sample, "time_month", mom_value_int(g_date_time_get_month(t)));
    mom_sample_set(sample, "time_day", mom_value_int(g_date_time_get_day_of_month(t)));
    mom_sample_set(sample, "time_hour", mom_value_int(g_date_time_get_hour(t)));
    mom_sample_set(sample, "time_minute", mom_value_int(g_date_time_get_minute(t)));
    mom_sample_set(sample, "time_second", mom_value_int(g_date_time_get_second(t)));
    mom_sample_set(sample, "time_microsecond", mom_value_int(us));
    return TRUE;
}

static const char *const fields[] = {
    "time_year",   "time_month",  "time_day",         "time_hour",
    "time_minute", "time_second", "time_microsecond", NULL,
};
static const char *const optional[] = {NULL};

const MomCollector mom_collector_host_time = {
    .name = "HostTime",
    .for_host = TRUE,
    .fields = fields,
    .optional = optional,
    .collect = collect,
};
