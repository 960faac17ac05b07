/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Outages, see outage.h.
 *
 * Nothing here decides whether a peer is away; it only keeps the log quiet.
 */
#include "agent/outage.h"

static gboolean
is_told(const MomOutage *outage, const char *message)
{
    return g_ptr_array_find_with_equal_func(outage->told, message, g_str_equal, NULL);
}

void
mom_outage_goes_on(MomOutage *outage, const char *message, gboolean to_be_mended)
{
    if (outage->told &&
        (!to_be_mended || outage->told->len >= MOM_OUTAGE_MAX_TOLD || is_told(outage, message)))
        return;
    if (!outage->told)
        outage->told = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(outage->told, g_strdup(message));
    g_log_structured(outage->domain, G_LOG_LEVEL_WARNING, "MESSAGE", "%s", message);
}

void
mom_outage_end(MomOutage *outage, const char *message)
{
    if (!outage->told)
        return;
    mom_outage_clear(outage);
    g_log_structured(outage->domain, G_LOG_LEVEL_INFO, "MESSAGE", "%s", message);
}

gboolean
mom_outage_stands(const MomOutage *outage)
{
    return outage->told != NULL;
}

void
mom_outage_clear(MomOutage *outage)
{
    g_clear_pointer(&outage->told, g_ptr_array_unref);
}
