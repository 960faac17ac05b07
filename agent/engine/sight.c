/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See sight.h.  A guest's sample counts as data if it tells of the guest's memory; of a guest that
 * never does, any sample.
 */
#include "agent/engine/sight.h"

#define GUEST_MEMORY "mem_unused"
#define SPACINGS 3

void
mom_sight_init(MomSight *sight, const char *domain)
{
    *sight = (MomSight){.memory_field = -1, .fault = MOM_FAULT_INIT(domain)};
}

void
mom_sight_clear(MomSight *sight)
{
    mom_fault_clear(&sight->fault);
}

void
mom_sight_set(MomSight *sight, gint64 blind_after_us, gint64 spacing_us)
{
    sight->after_us = blind_after_us > 0 ? MAX(blind_after_us, SPACINGS * spacing_us) : 0;
}

/* ---- one entity ---- */

static gboolean
tells(const MomSample *sample, int field)
{
    MomValue v;

    return field < 0 || (mom_sample_get_field(sample, (gsize)field, &v) && !mom_value_is_nil(v));
}

/* Of the samples that tell FIELD, how many there are, and how many of them came since the last gap;
 * NOW_US is what the newest is held against. */
static guint
count_since_gap(const MomSight *sight, MomEntity *entity, int field, guint *all)
{
    gint64 after_us = sight->now_us;
    gboolean gap = FALSE;
    guint since = 0;

    *all = 0;
    for (gsize i = mom_entity_n_samples(entity); i-- > 0;) {
        const MomSample *sample = mom_entity_sample(entity, i);

        if (!tells(sample, field))
            continue;
        ++*all;
        gap = gap || after_us - mom_sample_time_us(sample) > sight->after_us;
        after_us = mom_sample_time_us(sample);
        since += gap ? 0 : 1;
    }
    return since;
}

static gboolean
is_unseen(const MomSight *sight, MomEntity *entity, int field)
{
    guint all, since = count_since_gap(sight, entity, field, &all);

    if (all == 0 && field >= 0)
        since = count_since_gap(sight, entity, -1, &all);
    return 2 * since <= all;
}

/* ---- all of them ---- */

static void
tell(MomSight *sight, gboolean silently)
{
    g_autofree char *message = NULL;

    if (sight->host) {
        message =
            g_strdup("Blind: there was no data of the host for a while; until there is enough "
                     "of it, no guest is shrunk");
    } else if (sight->guests > 0) {
        message =
            g_strdup_printf("Blind: of guests (%u) there was no data for a while; until there "
                            "is enough of it, they are not shrunk",
                            sight->guests);
    }
    if (message)
        sight->well = MOM_SIGHT_WELL_AFTER;
    if (message && silently)
        mom_fault_raise_silently(&sight->fault, message);
    else if (message)
        mom_fault_raise(&sight->fault, message);
    else if (sight->well == 0 || --sight->well == 0)
        mom_fault_end(&sight->fault, "There is enough data of host and guests again");
}

gboolean
mom_sight_look(
    MomSight *sight, MomEntity *host, GPtrArray *guests, gint64 now_us, gboolean was_silent)
{
    sight->now_us = now_us;
    sight->guests = 0;
    sight->host = sight->after_us > 0 && is_unseen(sight, host, -1);
    if (guests->len > 0)
        sight->memory_field = mom_schema_index(mom_entity_schema(guests->pdata[0]), GUEST_MEMORY);
    for (guint i = 0; i < guests->len && sight->after_us > 0; i++)
        sight->guests += is_unseen(sight, guests->pdata[i], sight->memory_field) ? 1 : 0;
    tell(sight, was_silent);
    return was_silent && mom_sight_fault(sight);
}

gboolean
mom_sight_is_blind(const MomSight *sight, MomEntity *guest)
{
    return sight->after_us > 0 && (sight->host || is_unseen(sight, guest, sight->memory_field));
}

const char *
mom_sight_fault(const MomSight *sight)
{
    return sight->host || sight->guests > 0 ? sight->fault.message : NULL;
}
