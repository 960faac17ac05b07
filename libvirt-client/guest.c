/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See guest.h.  A steady cycle on QEMU costs one call: the bulk one.
 */
#include "libvirt-client/guest.h"

#include <string.h>

#include "libvirt-client/changeable.h"

/* A statistic by its name in the bulk answer and its tag in virDomainMemoryStats, -1 for none. */
static const struct {
    const char *name;
    int tag;
} stats[MOM_VIRT_N_STATS] = {
    [MOM_VIRT_BALLOON_CURRENT_KIB] = {"balloon.current", VIR_DOMAIN_MEMORY_STAT_ACTUAL_BALLOON},
    [MOM_VIRT_BALLOON_MAXIMUM_KIB] = {"balloon.maximum", -1},
    [MOM_VIRT_SWAP_IN_KIB] = {"balloon.swap_in", VIR_DOMAIN_MEMORY_STAT_SWAP_IN},
    [MOM_VIRT_SWAP_OUT_KIB] = {"balloon.swap_out", VIR_DOMAIN_MEMORY_STAT_SWAP_OUT},
    [MOM_VIRT_MAJOR_FAULTS] = {"balloon.major_fault", VIR_DOMAIN_MEMORY_STAT_MAJOR_FAULT},
    [MOM_VIRT_MINOR_FAULTS] = {"balloon.minor_fault", VIR_DOMAIN_MEMORY_STAT_MINOR_FAULT},
    [MOM_VIRT_UNUSED_KIB] = {"balloon.unused", VIR_DOMAIN_MEMORY_STAT_UNUSED},
    [MOM_VIRT_AVAILABLE_KIB] = {"balloon.available", VIR_DOMAIN_MEMORY_STAT_AVAILABLE},
    [MOM_VIRT_USABLE_KIB] = {"balloon.usable", VIR_DOMAIN_MEMORY_STAT_USABLE},
    [MOM_VIRT_DISK_CACHES_KIB] = {"balloon.disk_caches", VIR_DOMAIN_MEMORY_STAT_DISK_CACHES},
    [MOM_VIRT_LAST_UPDATE_S] = {"balloon.last-update", VIR_DOMAIN_MEMORY_STAT_LAST_UPDATE},
    [MOM_VIRT_RSS_KIB] = {"balloon.rss", VIR_DOMAIN_MEMORY_STAT_RSS},
};

/* Not with ENFORCE: a driver without balloon statistics would refuse the whole call. */
#define READ_STATS (VIR_DOMAIN_STATS_BALLOON | VIR_DOMAIN_STATS_STATE)

/* Drivers whose bulk answer has all that exists. */
static const char *const complete_drivers[] = {"QEMU"};

struct MomVirtCache {
    gatomicrefcount references;
    GMutex lock;
    GHashTable *entries; /* UUID -> Entry */
    guint generation;    /* counts drops */
};

typedef struct {
    MomVirtDomain *domain;
    gboolean stale; /* to be read anew; better than nothing until then */
} Entry;

/* ---- cache ---- */

static void
free_entry(gpointer data)
{
    Entry *entry = data;

    mom_virt_domain_unref(entry->domain);
    g_free(entry);
}

MomVirtCache *
mom_virt_cache_new(void)
{
    MomVirtCache *cache = g_new0(MomVirtCache, 1);

    g_atomic_ref_count_init(&cache->references);
    g_mutex_init(&cache->lock);
    cache->entries = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_entry);
    return cache;
}

MomVirtCache *
mom_virt_cache_ref(MomVirtCache *cache)
{
    g_atomic_ref_count_inc(&cache->references);
    return cache;
}

void
mom_virt_cache_unref(MomVirtCache *cache)
{
    if (!g_atomic_ref_count_dec(&cache->references))
        return;
    g_hash_table_unref(cache->entries);
    g_mutex_clear(&cache->lock);
    g_free(cache);
}

void
mom_virt_cache_drop(MomVirtCache *cache, const char *uuid)
{
    GHashTableIter iter;
    gpointer entry;

    g_mutex_lock(&cache->lock);
    cache->generation++;
    if (uuid != NULL)
        g_hash_table_remove(cache->entries, uuid);
    g_hash_table_iter_init(&iter, cache->entries);
    while (uuid == NULL && g_hash_table_iter_next(&iter, NULL, &entry))
        ((Entry *)entry)->stale = TRUE;
    g_mutex_unlock(&cache->lock);
}

guint
mom_virt_cache_size(MomVirtCache *cache)
{
    guint size;

    g_mutex_lock(&cache->lock);
    size = g_hash_table_size(cache->entries);
    g_mutex_unlock(&cache->lock);
    return size;
}

/* A reference, or NULL if nothing is known of this run of the guest. */
static MomVirtDomain *
cache_find(MomVirtCache *cache, const MomVirtGuest *guest, gboolean *stale, guint *generation)
{
    const Entry *entry;
    MomVirtDomain *domain = NULL;

    g_mutex_lock(&cache->lock);
    *generation = cache->generation;
    entry = g_hash_table_lookup(cache->entries, guest->uuid);
    if (entry != NULL && entry->domain->run == guest->id) {
        domain = mom_virt_domain_ref(entry->domain);
        *stale = entry->stale;
    }
    g_mutex_unlock(&cache->lock);
    return domain;
}

static void
cache_keep(MomVirtCache *cache, const char *uuid, MomVirtDomain *domain, guint generation)
{
    Entry *entry;

    g_mutex_lock(&cache->lock);
    if (cache->generation == generation) {
        entry = g_new0(Entry, 1);
        entry->domain = mom_virt_domain_ref(domain);
        g_hash_table_replace(cache->entries, g_strdup(uuid), entry);
    }
    g_mutex_unlock(&cache->lock);
}

/* Guests that stopped without an event must not fill the cache for ever. */
static void
cache_keep_only(MomVirtCache *cache, GPtrArray *guests)
{
    g_autoptr(GHashTable) running = g_hash_table_new(g_str_hash, g_str_equal);
    GHashTableIter iter;
    gpointer uuid;

    for (guint i = 0; i < guests->len; i++)
        g_hash_table_add(running, ((MomVirtGuest *)guests->pdata[i])->uuid);
    g_mutex_lock(&cache->lock);
    g_hash_table_iter_init(&iter, cache->entries);
    while (g_hash_table_iter_next(&iter, &uuid, NULL))
        if (!g_hash_table_contains(running, uuid))
            g_hash_table_iter_remove(&iter);
    g_mutex_unlock(&cache->lock);
}

/* ---- one guest ---- */

void
mom_virt_guest_free(MomVirtGuest *guest)
{
    g_clear_pointer(&guest->domain, mom_virt_domain_unref);
    g_free(guest->name);
    g_free(guest);
}

gboolean
mom_virt_guest_get(const MomVirtGuest *guest, MomVirtStat stat, guint64 *out)
{
    if (!(guest->present & 1u << stat))
        return FALSE;
    *out = guest->value[stat];
    return TRUE;
}

static void
set_stat(MomVirtGuest *guest, MomVirtStat stat, guint64 value)
{
    guest->present |= 1u << stat;
    guest->value[stat] = value;
}

static gboolean
param_to_unsigned(const virTypedParameter *param, guint64 *out)
{
    switch (param->type) {
    case VIR_TYPED_PARAM_UINT:
        *out = param->value.ui;
        return TRUE;
    case VIR_TYPED_PARAM_ULLONG:
        *out = param->value.ul;
        return TRUE;
    case VIR_TYPED_PARAM_INT:
        *out = (guint64)param->value.i;
        return param->value.i >= 0;
    case VIR_TYPED_PARAM_LLONG:
        *out = (guint64)param->value.l;
        return param->value.l >= 0;
    default:
        return FALSE;
    }
}

void
mom_virt_guest_take(MomVirtGuest *guest, const virTypedParameter *params, int n)
{
    for (int p = 0; p < n; p++) {
        guint64 value;

        for (guint s = 0; s < MOM_VIRT_N_STATS; s++)
            if (strcmp(params[p].field, stats[s].name) == 0 &&
                param_to_unsigned(&params[p], &value))
                set_stat(guest, s, value);
    }
}

static void
read_one_by_one(MomVirtGuest *guest, virDomainPtr handle)
{
    virDomainMemoryStatStruct answer[VIR_DOMAIN_MEMORY_STAT_NR];
    virDomainInfo info;
    int n = virDomainMemoryStats(handle, answer, VIR_DOMAIN_MEMORY_STAT_NR, 0);

    for (int i = 0; i < n; i++)
        for (guint s = 0; s < MOM_VIRT_N_STATS; s++)
            if (answer[i].tag == stats[s].tag)
                set_stat(guest, s, answer[i].val);
    if (virDomainGetInfo(handle, &info) < 0)
        return;
    set_stat(guest, MOM_VIRT_BALLOON_MAXIMUM_KIB, info.maxMem);
    if (!(guest->present & 1u << MOM_VIRT_BALLOON_CURRENT_KIB))
        set_stat(guest, MOM_VIRT_BALLOON_CURRENT_KIB, info.memory);
}

/* The running values: the XML has quota and period only where somebody set them. */
static void
read_scheduler(MomVirtDomain *domain, virDomainPtr handle)
{
    g_auto(MomVirtParams) params = {0};
    unsigned long long period_us;
    long long quota_us;
    g_autoptr(MomVirtString) type = virDomainGetSchedulerType(handle, &params.n);

    if (type == NULL || params.n <= 0)
        return;
    params.items = calloc((size_t)params.n, sizeof *params.items);
    if (params.items == NULL || virDomainGetSchedulerParametersFlags(
                                    handle, params.items, &params.n, VIR_DOMAIN_AFFECT_LIVE) < 0) {
        params.n = 0;
        return;
    }
    if (virTypedParamsGetLLong(params.items, params.n, VIR_DOMAIN_SCHEDULER_VCPU_QUOTA,
                               &quota_us) == 1)
        mom_virt_domain_set(domain, MOM_VIRT_VCPU_QUOTA_US, quota_us);
    if (virTypedParamsGetULLong(params.items, params.n, VIR_DOMAIN_SCHEDULER_VCPU_PERIOD,
                                &period_us) == 1 &&
        period_us <= G_MAXINT64)
        mom_virt_domain_set(domain, MOM_VIRT_VCPU_PERIOD_US, (gint64)period_us);
}

/* Once per run of a guest: the XML tells what is set.  A read-only connection may not, and need
 * not.  FALSE: not now, the guest migrates or the like. */
static gboolean
set_period(const MomVirtGuest *guest, MomVirtDomain *domain, virDomainPtr handle, guint period_s)
{
    if (period_s == 0 || domain->stats_period_s == period_s ||
        domain->balloon != MOM_VIRT_BALLOON_PRESENT)
        return TRUE;
    if (!mom_virt_check_changeable(handle, guest->uuid, NULL))
        return FALSE;
    if (virDomainSetMemoryStatsPeriod(handle, (int)period_s, VIR_DOMAIN_AFFECT_LIVE) < 0)
        g_debug("guest %s: its memory report's period stays as it is: %s", guest->name,
                virGetLastErrorMessage());
    return TRUE;
}

/* One reading of all guests. */
typedef struct {
    MomVirtCache *cache;
    const MomVirtReading *reading;
    gboolean complete; /* the driver's bulk answer has all that exists */
    gint64 spent_us;   /* on domain XML */
} Reader;

static MomVirtDomain *
read_xml(const MomVirtGuest *guest, virDomainPtr handle)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MomVirtString) xml = virDomainGetXMLDesc(handle, 0);
    MomVirtDomain *domain = NULL;

    if (xml == NULL)
        mom_virt_fail(&error, "read the domain XML of guest", guest->name);
    else
        domain = mom_virt_domain_parse(guest->name, xml, &error);
    if (domain == NULL) {
        g_debug("%s", error->message);
        return NULL;
    }
    domain->run = guest->id;
    read_scheduler(domain, handle);
    return domain;
}

/* What is not cached is read if there is time left for it.  A guest that was not reached may hang,
 * and so would these calls. */
static MomVirtDomain *
find_domain(Reader *reader, const MomVirtGuest *guest, virDomainPtr handle)
{
    guint generation;
    gboolean stale = TRUE;
    g_autoptr(MomVirtDomain) known = cache_find(reader->cache, guest, &stale, &generation);
    g_autoptr(MomVirtDomain) domain = NULL;
    gint64 began_us = g_get_monotonic_time();

    if (!stale || !guest->reached || reader->spent_us > reader->reading->portion_us)
        return g_steal_pointer(&known);
    domain = read_xml(guest, handle);
    if (domain != NULL && set_period(guest, domain, handle, reader->reading->period_s))
        cache_keep(reader->cache, guest->uuid, domain, generation);
    reader->spent_us += g_get_monotonic_time() - began_us + 1;
    return domain != NULL ? g_steal_pointer(&domain) : g_steal_pointer(&known);
}

static MomVirtGuest *
guest_new(virDomainPtr handle)
{
    MomVirtGuest *guest = g_new0(MomVirtGuest, 1);

    virDomainGetUUIDString(handle, guest->uuid);
    guest->name = g_strdup(virDomainGetName(handle));
    guest->id = (int)virDomainGetID(handle);
    return guest;
}

static MomVirtGuest *
read_guest(Reader *reader, const virDomainStatsRecord *record)
{
    MomVirtGuest *guest = guest_new(record->dom);

    mom_virt_guest_take(guest, record->params, record->nparams);
    if (!reader->complete)
        read_one_by_one(guest, record->dom);
    /* The host's own number of a running QEMU is there whatever the guest tells. */
    guest->reached = !reader->complete || guest->present & 1u << MOM_VIRT_RSS_KIB;
    if (!guest->reached)
        guest->held_ms = mom_virt_held_ms(record->dom);
    guest->domain = find_domain(reader, guest, record->dom);
    return guest;
}

/* A guest that is not to be asked. */
static MomVirtGuest *
pass_over(Reader *reader, virDomainPtr handle, guint silent_ms)
{
    MomVirtGuest *guest = guest_new(handle);

    guest->held_ms = silent_ms;
    guest->domain = find_domain(reader, guest, handle);
    return guest;
}

/* Those of HANDLES who answer, ended by NULL, borrowed; GUESTS gets the others.  Caller frees. */
static virDomainPtr *
sort_out(Reader *reader, const MomVirtHandles handles, guint n, GPtrArray *guests)
{
    virDomainPtr *asked = g_new0(virDomainPtr, n + 1);
    guint n_asked = 0;

    for (guint i = 0; i < n; i++) {
        char uuid[VIR_UUID_STRING_BUFLEN] = "";
        gpointer silent_ms;

        virDomainGetUUIDString(handles[i], uuid);
        if (g_hash_table_lookup_extended(reader->reading->silent, uuid, NULL, &silent_ms))
            g_ptr_array_add(guests, pass_over(reader, handles[i], GPOINTER_TO_UINT(silent_ms)));
        else
            asked[n_asked++] = handles[i];
    }
    return asked;
}

/* As virConnectGetAllDomainStats, of those who answer. */
static int
read_the_others(Reader *reader,
                virConnectPtr connection,
                GPtrArray *guests,
                virDomainStatsRecordPtr **records)
{
    g_auto(MomVirtHandles) handles = NULL;
    g_autofree virDomainPtr *asked = NULL;
    int n = virConnectListAllDomains(connection, &handles, VIR_CONNECT_LIST_DOMAINS_RUNNING);

    if (n < 0)
        return n;
    asked = sort_out(reader, handles, (guint)n, guests);
    if (asked[0] == NULL)
        return 0;
    return virDomainListGetStats(asked, READ_STATS, records,
                                 VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT);
}

static int
read_records(Reader *reader,
             virConnectPtr connection,
             GPtrArray *guests,
             virDomainStatsRecordPtr **records)
{
    if (reader->reading->silent != NULL && g_hash_table_size(reader->reading->silent) > 0)
        return read_the_others(reader, connection, guests, records);
    return virConnectGetAllDomainStats(connection, READ_STATS, records,
                                       VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT |
                                           VIR_CONNECT_GET_ALL_DOMAINS_STATS_RUNNING);
}

static gboolean
is_complete(virConnectPtr connection)
{
    const char *type = virConnectGetType(connection);

    for (gsize i = 0; i < G_N_ELEMENTS(complete_drivers); i++)
        if (g_strcmp0(type, complete_drivers[i]) == 0)
            return TRUE;
    return FALSE;
}

gboolean
mom_virt_guests_read(virConnectPtr connection,
                     MomVirtCache *cache,
                     const MomVirtReading *reading,
                     GPtrArray *guests,
                     GError **error)
{
    Reader reader = {cache, reading, is_complete(connection), 0};
    g_auto(MomVirtRecords) records = NULL;

    if (read_records(&reader, connection, guests, &records) < 0)
        return mom_virt_fail(error, "read the statistics of all guests", NULL);
    for (gsize i = 0; records != NULL && records[i] != NULL; i++)
        g_ptr_array_add(guests, read_guest(&reader, records[i]));
    cache_keep_only(cache, guests);
    return TRUE;
}
