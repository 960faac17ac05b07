/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See guest-rates.h.  The time of a reading is that of the guest's own report where that is known:
 * numbers that are read twice as often are no newer for it.
 */
#include "agent/hypervisor/guest-rates.h"

#include "agent/hypervisor/guest-counters.h"

typedef struct {
    MomValue rate[MOM_N_GUEST_COUNTERS];
    MomValue count[MOM_N_GUEST_COUNTERS]; /* at `at_us` */
    gint64 at_us;
    gboolean counted; /* the two are there */
} Record;

struct MomGuestRates {
    GHashTable *records; /* uuid -> Record */
};

MomGuestRates *
mom_guest_rates_new(void)
{
    MomGuestRates *rates = g_new0(MomGuestRates, 1);

    rates->records = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    return rates;
}

void
mom_guest_rates_free(MomGuestRates *rates)
{
    if (!rates)
        return;
    g_hash_table_unref(rates->records);
    g_free(rates);
}

static Record *
record_of(MomGuestRates *rates, const char *uuid)
{
    Record *record = g_hash_table_lookup(rates->records, uuid);

    if (!record) {
        record = g_new0(Record, 1);
        g_hash_table_insert(rates->records, g_strdup(uuid), record);
    }
    return record;
}

void
mom_guest_rates_learn(MomGuestRates *rates, const MomGuestData *guest)
{
    Record *record = record_of(rates, guest->uuid);

    for (gsize i = 0; i < MOM_N_GUEST_COUNTERS; i++) {
        MomValue rate = *mom_guest_counter((MomGuestData *)guest, i);

        if (!mom_value_is_nil(rate))
            record->rate[i] = rate;
    }
}

static void
take_counters(Record *record, MomGuestData *guest, gint64 at_us)
{
    for (gsize i = 0; i < MOM_N_GUEST_COUNTERS; i++)
        record->count[i] = *mom_guest_counter(guest, i);
    record->at_us = at_us;
    record->counted = TRUE;
}

static void
count(Record *record, MomGuestData *guest, gint64 at_us)
{
    gint64 span_us = at_us - record->at_us;

    if (record->counted && span_us < MOM_GUEST_RATES_SPAN_US)
        return;
    for (gsize i = 0; i < MOM_N_GUEST_COUNTERS && record->counted; i++) {
        MomValue rate =
            mom_guest_counter_rate(record->count[i], *mom_guest_counter(guest, i), span_us);

        /* Of a guest that was started anew the old rate holds on. */
        if (!mom_value_is_nil(rate))
            record->rate[i] = rate;
    }
    take_counters(record, guest, at_us);
}

void
mom_guest_rates_apply(MomGuestRates *rates, MomGuestData *guest, gint64 now_us)
{
    Record *record = record_of(rates, guest->uuid);
    gint64 age_s = 0;

    if (guest->has_memory) {
        mom_value_to_int(guest->report_age_s, &age_s);
        count(record, guest, now_us - age_s * G_USEC_PER_SEC);
    }
    for (gsize i = 0; i < MOM_N_GUEST_COUNTERS; i++)
        *mom_guest_counter(guest, i) = guest->has_memory ? record->rate[i] : MOM_NIL;
}

static void
pause_record(gpointer uuid, gpointer record, gpointer unused)
{
    ((Record *)record)->counted = FALSE;
}

void
mom_guest_rates_pause(MomGuestRates *rates)
{
    g_hash_table_foreach(rates->records, pause_record, NULL);
}

void
mom_guest_rates_forget(MomGuestRates *rates, const char *uuid)
{
    g_hash_table_remove(rates->records, uuid);
}
