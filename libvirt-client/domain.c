/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See domain.h.  Elements are found by their path from the root.  Metadata are known by namespace,
 * not by prefix, which anyone may choose: the element that declares a namespace is replaced in the
 * path by our short name for it, and prefixes below it are dropped.
 */
#include "libvirt-client/domain.h"

#include <string.h>

#define METADATA_PATH "/domain/metadata"
#define DISK_PATH "/domain/devices/disk"
#define POLICY_PATH "/domain/metadata/tune/ioTune/device"
#define KIB_PER_MIB 1024
/* Below are those of hypervisor and host, above is a wildcard. */
#define LEAST_CID 3
#define MOST_CID ((gint64)G_MAXUINT32 - 1)

const char *const mom_virt_limit_names[MOM_VIRT_N_LIMITS] = {
    "total_bytes_sec", "read_bytes_sec", "write_bytes_sec",
    "total_iops_sec",  "read_iops_sec",  "write_iops_sec",
};

/* Who speaks for the guarantee, the weightiest first. */
typedef enum {
    GUARANTEE_MEMTUNE,
    GUARANTEE_OVIRT,
    GUARANTEE_OURS,
} Guarantee;

#define N_GUARANTEES 3

typedef struct {
    MomVirtDomain *domain;
    GString *path;
    GArray *lengths; /* of gsize: the path's length before each open element */
    GString *text;
    gboolean has_guarantee[N_GUARANTEES];
    gint64 guarantee_kib[N_GUARANTEES];
    MomVirtDisk *disk;         /* the one being read, or NULL */
    MomVirtDiskPolicy *policy; /* the same */
} Reader;

static void
free_disk(gpointer data)
{
    MomVirtDisk *disk = data;

    g_free(disk->target);
    g_free(disk->source);
    g_free(disk);
}

static void
free_policy(gpointer data)
{
    MomVirtDiskPolicy *policy = data;

    g_free(policy->name);
    g_free(policy->path);
    g_free(policy);
}

static const char *
find_attribute(const char *const *names, const char *const *values, const char *name)
{
    for (gsize i = 0; names[i] != NULL; i++)
        if (strcmp(names[i], name) == 0)
            return values[i];
    return NULL;
}

static gboolean
parse_number(const char *text, gint64 *out)
{
    g_autofree char *trimmed = g_strstrip(g_strdup(text));

    return g_ascii_string_to_signed(trimmed, 10, G_MININT64, G_MAXINT64, out, NULL);
}

/* ---- elements that begin ---- */

static void
begin_disk(Reader *reader, const char *const *names, const char *const *values)
{
    if (reader->disk == NULL)
        reader->disk = g_new0(MomVirtDisk, 1);
}

static void
read_target(Reader *reader, const char *const *names, const char *const *values)
{
    if (reader->disk != NULL && reader->disk->target == NULL)
        reader->disk->target = g_strdup(find_attribute(names, values, "dev"));
}

static void
read_source(Reader *reader, const char *const *names, const char *const *values)
{
    static const char *const kinds[] = {"file", "dev", "dir", "name"};

    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++)
        if (reader->disk != NULL && reader->disk->source == NULL)
            reader->disk->source = g_strdup(find_attribute(names, values, kinds[i]));
}

static void
begin_policy(Reader *reader, const char *const *names, const char *const *values)
{
    if (reader->policy != NULL)
        return;
    reader->policy = g_new0(MomVirtDiskPolicy, 1);
    reader->policy->name = g_strdup(find_attribute(names, values, "name"));
    reader->policy->path = g_strdup(find_attribute(names, values, "path"));
}

static void
read_memballoon(Reader *reader, const char *const *names, const char *const *values)
{
    const char *model = find_attribute(names, values, "model");

    reader->domain->balloon =
        g_strcmp0(model, "none") == 0 ? MOM_VIRT_BALLOON_NONE : MOM_VIRT_BALLOON_PRESENT;
}

/* VFIO pins what a device may reach, which is all of the guest's memory; a USB device pins nothing.
 */
static void
read_hostdev(Reader *reader, const char *const *names, const char *const *values)
{
    const char *type = find_attribute(names, values, "type");

    if (g_strcmp0(type, "pci") == 0 || g_strcmp0(type, "mdev") == 0)
        reader->domain->passthrough = TRUE;
}

static void
read_interface(Reader *reader, const char *const *names, const char *const *values)
{
    const char *type = find_attribute(names, values, "type");

    if (g_strcmp0(type, "hostdev") == 0 || g_strcmp0(type, "vdpa") == 0)
        reader->domain->passthrough = TRUE;
}

static void
read_hugepages(Reader *reader, const char *const *names, const char *const *values)
{
    reader->domain->hugepages = TRUE;
}

/* libvirt knows the agent's channel by this name alone. */
static void
read_channel(Reader *reader, const char *const *names, const char *const *values)
{
    const char *state = find_attribute(names, values, "state");

    if (g_strcmp0(find_attribute(names, values, "name"), "org.qemu.guest_agent.0") != 0)
        return;
    reader->domain->agent = state == NULL                     ? MOM_VIRT_AGENT_UNKNOWN
                            : strcmp(state, "connected") == 0 ? MOM_VIRT_AGENT_CONNECTED
                                                              : MOM_VIRT_AGENT_AWAY;
}

static void
read_period(Reader *reader, const char *const *names, const char *const *values)
{
    const char *period = find_attribute(names, values, "period");
    gint64 seconds;

    if (period != NULL && parse_number(period, &seconds) && seconds >= 0 && seconds <= G_MAXINT)
        reader->domain->stats_period_s = (guint)seconds;
}

/* A running guest's XML has the one that libvirt chose, too. */
static void
read_cid(Reader *reader, const char *const *names, const char *const *values)
{
    const char *address = find_attribute(names, values, "address");
    gint64 cid;

    if (address != NULL && parse_number(address, &cid) && cid >= LEAST_CID && cid <= MOST_CID)
        mom_virt_domain_set(reader->domain, MOM_VIRT_VSOCK_CID, cid);
}

static void
read_vcpu_current(Reader *reader, const char *const *names, const char *const *values)
{
    const char *current = find_attribute(names, values, "current");
    gint64 n;

    if (current != NULL && parse_number(current, &n))
        mom_virt_domain_set(reader->domain, MOM_VIRT_VCPUS, n);
}

static const struct {
    const char *path;
    void (*begin)(Reader *reader, const char *const *names, const char *const *values);
} beginnings[] = {
    {DISK_PATH, begin_disk},
    {DISK_PATH "/target", read_target},
    {DISK_PATH "/source", read_source},
    {POLICY_PATH, begin_policy},
    {"/domain/devices/channel/target", read_channel},
    {"/domain/devices/hostdev", read_hostdev},
    {"/domain/devices/interface", read_interface},
    {"/domain/memoryBacking/hugepages", read_hugepages},
    {"/domain/devices/memballoon", read_memballoon},
    {"/domain/devices/memballoon/stats", read_period},
    {"/domain/devices/vsock/cid", read_cid},
    {"/domain/vcpu", read_vcpu_current},
};

/* ---- elements that end, with their number ---- */

static void
set_guarantee(Reader *reader, Guarantee who, gint64 kib)
{
    reader->has_guarantee[who] = kib >= 0;
    reader->guarantee_kib[who] = kib;
}

static void
end_memtune_guarantee(Reader *reader, gint64 kib)
{
    set_guarantee(reader, GUARANTEE_MEMTUNE, kib);
}

static void
end_ovirt_guarantee(Reader *reader, gint64 mib)
{
    if (mib < 0 || mib > G_MAXINT64 / KIB_PER_MIB)
        return;
    set_guarantee(reader, GUARANTEE_OVIRT, mib * KIB_PER_MIB);
    mom_virt_domain_set(reader->domain, MOM_VIRT_OVIRT_GUARANTEE_KIB, mib * KIB_PER_MIB);
}

static void
end_our_guarantee(Reader *reader, gint64 kib)
{
    set_guarantee(reader, GUARANTEE_OURS, kib);
}

static void
end_vcpu_limit(Reader *reader, gint64 percent)
{
    mom_virt_domain_set(reader->domain, MOM_VIRT_VCPU_LIMIT_PERCENT, percent);
}

static void
end_vcpu(Reader *reader, gint64 maximum)
{
    gint64 current;

    if (!mom_virt_domain_get(reader->domain, MOM_VIRT_VCPUS, &current))
        mom_virt_domain_set(reader->domain, MOM_VIRT_VCPUS, maximum);
}

static void
end_quota(Reader *reader, gint64 quota_us)
{
    mom_virt_domain_set(reader->domain, MOM_VIRT_VCPU_QUOTA_US, quota_us);
}

static void
end_period(Reader *reader, gint64 period_us)
{
    mom_virt_domain_set(reader->domain, MOM_VIRT_VCPU_PERIOD_US, period_us);
}

static const struct {
    const char *path;
    void (*end)(Reader *reader, gint64 number);
} endings[] = {
    {"/domain/memtune/min_guarantee", end_memtune_guarantee},
    {"/domain/metadata/vm/minGuaranteedMemoryMb", end_ovirt_guarantee},
    {"/domain/metadata/momd/min_guarantee_kib", end_our_guarantee},
    {"/domain/metadata/tune/vcpuLimit", end_vcpu_limit},
    {"/domain/vcpu", end_vcpu},
    {"/domain/cputune/quota", end_quota},
    {"/domain/cputune/period", end_period},
};

static void
read_limit(Reader *reader, const char *prefix, MomVirtLimits *limits, gint64 number)
{
    const char *path = reader->path->str;

    if (number < 0 || !g_str_has_prefix(path, prefix))
        return;
    for (guint i = 0; i < MOM_VIRT_N_LIMITS; i++) {
        if (strcmp(path + strlen(prefix), mom_virt_limit_names[i]) == 0) {
            limits->present |= 1u << i;
            limits->value[i] = (guint64)number;
        }
    }
}

static void
end_number(Reader *reader, gint64 number)
{
    for (gsize i = 0; i < G_N_ELEMENTS(endings); i++)
        if (strcmp(reader->path->str, endings[i].path) == 0)
            endings[i].end(reader, number);
    if (reader->disk != NULL)
        read_limit(reader, DISK_PATH "/iotune/", &reader->disk->limits, number);
    if (reader->policy != NULL) {
        read_limit(reader, POLICY_PATH "/maximum/", &reader->policy->maximum, number);
        read_limit(reader, POLICY_PATH "/guaranteed/", &reader->policy->guaranteed, number);
    }
}

/* As vdsm reads it: true, or a number that is not 0. */
static void
end_ballooning(Reader *reader)
{
    g_autofree char *word = g_strstrip(g_strdup(reader->text->str));
    gint64 number = 0;
    gboolean enabled =
        g_ascii_strcasecmp(word, "true") == 0 || (parse_number(word, &number) && number != 0);

    mom_virt_domain_set(reader->domain, MOM_VIRT_BALLOONING_ENABLED, enabled);
}

/* ---- the walk ---- */

static const char *
name_of_namespace(const char *element, const char *const *names, const char *const *values)
{
    static const struct {
        const char *uri;
        const char *name;
    } known[] = {
        {"http://ovirt.org/vm/1.0", "vm"},
        {"http://ovirt.org/vm/tune/1.0", "tune"},
        {MOM_VIRT_METADATA_URI, "momd"},
    };
    const char *colon = strchr(element, ':');
    g_autofree char *attribute =
        colon != NULL ? g_strdup_printf("xmlns:%.*s", (int)(colon - element), element)
                      : g_strdup("xmlns");
    const char *uri = find_attribute(names, values, attribute);

    for (gsize i = 0; i < G_N_ELEMENTS(known); i++)
        if (g_strcmp0(uri, known[i].uri) == 0)
            return known[i].name;
    return "?";
}

static void
on_start(GMarkupParseContext *context,
         const char *element,
         const char **names,
         const char **values,
         gpointer data,
         GError **error)
{
    Reader *reader = data;
    gsize length = reader->path->len;
    const char *colon = strchr(element, ':');
    const char *name = colon != NULL ? colon + 1 : element;

    if (strcmp(reader->path->str, METADATA_PATH) == 0)
        name = name_of_namespace(element, (const char *const *)names, (const char *const *)values);
    g_array_append_val(reader->lengths, length);
    g_string_append_printf(reader->path, "/%s", name);
    g_string_truncate(reader->text, 0);
    for (gsize i = 0; i < G_N_ELEMENTS(beginnings); i++)
        if (strcmp(reader->path->str, beginnings[i].path) == 0)
            beginnings[i].begin(reader, (const char *const *)names, (const char *const *)values);
}

static void
on_end(GMarkupParseContext *context, const char *element, gpointer data, GError **error)
{
    Reader *reader = data;
    gint64 number;

    if (parse_number(reader->text->str, &number))
        end_number(reader, number);
    if (strcmp(reader->path->str, "/domain/metadata/vm/ballooningEnabled") == 0)
        end_ballooning(reader);
    if (strcmp(reader->path->str, DISK_PATH) == 0 && reader->disk != NULL)
        g_ptr_array_add(reader->domain->disks, g_steal_pointer(&reader->disk));
    if (strcmp(reader->path->str, POLICY_PATH) == 0 && reader->policy != NULL)
        g_ptr_array_add(reader->domain->policies, g_steal_pointer(&reader->policy));
    g_string_truncate(reader->text, 0);
    g_string_truncate(reader->path,
                      g_array_index(reader->lengths, gsize, reader->lengths->len - 1));
    g_array_set_size(reader->lengths, reader->lengths->len - 1);
}

static void
on_text(GMarkupParseContext *context, const char *text, gsize length, gpointer data, GError **error)
{
    g_string_append_len(((Reader *)data)->text, text, (gssize)length);
}

static void
choose_guarantee(Reader *reader)
{
    for (int who = 0; who < N_GUARANTEES; who++) {
        if (reader->has_guarantee[who]) {
            mom_virt_domain_set(reader->domain, MOM_VIRT_MIN_GUARANTEE_KIB,
                                reader->guarantee_kib[who]);
            return;
        }
    }
}

static gboolean
walk(Reader *reader, const char *xml, GError **error)
{
    static const GMarkupParser parser = {on_start, on_end, on_text, NULL, NULL};
    GMarkupParseContext *context = g_markup_parse_context_new(&parser, 0, reader, NULL);
    gboolean ok = g_markup_parse_context_parse(context, xml, -1, error) &&
                  g_markup_parse_context_end_parse(context, error);

    g_markup_parse_context_free(context);
    return ok;
}

MomVirtDomain *
mom_virt_domain_parse(const char *guest, const char *xml, GError **error)
{
    g_autoptr(MomVirtDomain) domain = g_new0(MomVirtDomain, 1);
    g_autoptr(GString) path = g_string_new(NULL);
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(GArray) lengths = g_array_new(FALSE, FALSE, sizeof(gsize));
    g_autoptr(GError) cause = NULL;
    Reader reader = {.domain = domain, .path = path, .lengths = lengths, .text = text};
    gboolean ok;

    g_atomic_ref_count_init(&domain->references);
    domain->agent = MOM_VIRT_AGENT_NONE;
    domain->disks = g_ptr_array_new_with_free_func(free_disk);
    domain->policies = g_ptr_array_new_with_free_func(free_policy);
    ok = walk(&reader, xml, &cause);
    g_clear_pointer(&reader.disk, free_disk);
    g_clear_pointer(&reader.policy, free_policy);
    if (!ok) {
        g_set_error(error, MOM_VIRT_ERROR, MOM_VIRT_ERROR_DATA,
                    "guest %s: its domain XML cannot be read: %s", guest, cause->message);
        return NULL;
    }
    choose_guarantee(&reader);
    return g_steal_pointer(&domain);
}

MomVirtDomain *
mom_virt_domain_ref(MomVirtDomain *domain)
{
    g_atomic_ref_count_inc(&domain->references);
    return domain;
}

void
mom_virt_domain_unref(MomVirtDomain *domain)
{
    if (!g_atomic_ref_count_dec(&domain->references))
        return;
    g_ptr_array_unref(domain->disks);
    g_ptr_array_unref(domain->policies);
    g_free(domain);
}

gboolean
mom_virt_domain_get(const MomVirtDomain *domain, MomVirtDomainField field, gint64 *out)
{
    if (!(domain->present & 1u << field))
        return FALSE;
    *out = domain->value[field];
    return TRUE;
}

void
mom_virt_domain_set(MomVirtDomain *domain, MomVirtDomainField field, gint64 value)
{
    domain->present |= 1u << field;
    domain->value[field] = value;
}
