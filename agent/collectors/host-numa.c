/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * HostNuma: how memory is spread over the host's nodes, from /sys/devices/system/node.
 *
 * A host with plenty of free memory is short all the same for guests that are bound to its full
 * node.  Nodes without memory of their own (processors only) are none here.  The kernel estimates
 * what is available for the whole host alone; of a node it is counted here in the same spirit: free
 * pages, pages of files and slabs that can be given up, no shared memory, no huge pages.  Where
 * KSM's pages lie is estimated, see numa-ksm.h, and nil for who may not look.
 */
#define G_LOG_DOMAIN "mom.Collectors.HostNuma"

#include "agent/collectors/collector.h"
#include "agent/collectors/hostfile.h"
#include "agent/collectors/hugepages.h"
#include "agent/collectors/numa-ksm.h"
#include "agent/collectors/parse.h"

#define DIRECTORY "sys/devices/system/node"
#define NAME_START "node"
/* As many as the kernel can be built for. */
#define NODES_MAX 1024
#define MEMINFO_CAP 16384

typedef struct {
    guint number;
    gint64 total_kib; /* huge pages left out */
    gint64 free_kib;
} Node;

typedef struct {
    MomNumaKsm *ksm;
    gboolean told; /* that it cannot be known, once for all */
} State;

static gpointer
state_new(const MomCollector *self)
{
    State *state = g_new0(State, 1);

    state->ksm = mom_numa_ksm_new();
    return state;
}

static void
state_free(gpointer data)
{
    State *state = data;

    mom_numa_ksm_free(state->ksm);
    g_free(state);
}

/* The sum of what TEXT has under the KEYS, which may be missing but the first. */
static gboolean
sum_keys(const char *text, guint number, const char *const *keys, gint64 *out)
{
    gint64 sum = 0;

    for (gsize i = 0; keys[i]; i++) {
        g_autofree char *key = g_strdup_printf("Node %u %s", number, keys[i]);
        gint64 kib;

        if (!mom_parse_key(text, key, &kib)) {
            if (i == 0)
                return FALSE;
            continue;
        }
        if (kib < 0 || __builtin_add_overflow(sum, kib, &sum))
            return FALSE;
    }
    *out = sum;
    return TRUE;
}

static gboolean
read_node(const char *root, Node *node, GError **error)
{
    static const char *const total[] = {"MemTotal:", NULL};
    static const char *const free_keys[] = {
        "MemFree:", "Active(file):", "Inactive(file):", "SReclaimable:", NULL};
    g_autofree char *path = g_strdup_printf(DIRECTORY "/node%u/meminfo", node->number);
    g_autofree char *pools_path = g_strdup_printf(DIRECTORY "/node%u/hugepages", node->number);
    g_autofree char *text = mom_hostfile_read(root, path, MEMINFO_CAP, error);
    MomHugepages pools;

    if (!text || !mom_hugepages_read(root, pools_path, &pools, error))
        return FALSE;
    if (!sum_keys(text, node->number, total, &node->total_kib) ||
        !sum_keys(text, node->number, free_keys, &node->free_kib)) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
                    "%s has no usable line MemTotal or MemFree", path);
        return FALSE;
    }
    node->total_kib -= pools.total_kib;
    return TRUE;
}

/* FIELD: the numbers at OFFSET of the N structures of SIZE bytes at FIRST. */
static void
set_list(
    MomSample *sample, const char *field, gconstpointer first, gsize n, gsize size, gsize offset)
{
    g_autofree MomValue *items = g_new(MomValue, n);
    MomList list = {.length = n, .items = items};

    for (gsize i = 0; i < n; i++)
        items[i] = mom_value_int(G_STRUCT_MEMBER(gint64, (const char *)first + i * size, offset));
    mom_sample_set(sample, field, (MomValue){.type = MOM_VALUE_LIST, .list = &list});
}

static void
set_nodes(MomSample *sample, const GArray *nodes)
{
    gint64 least = G_MAXINT64, most = 0;
    double least_percent = 100;

    for (guint i = 0; i < nodes->len; i++) {
        const Node *node = &g_array_index(nodes, Node, i);

        least = MIN(least, node->free_kib);
        most = MAX(most, node->free_kib);
        least_percent = MIN(least_percent, 100 * (double)node->free_kib / (double)node->total_kib);
    }
    mom_sample_set(sample, "numa_nodes", mom_value_int(nodes->len));
    mom_sample_set(sample, "numa_free_min", mom_value_int(least));
    mom_sample_set(sample, "numa_free_max", mom_value_int(most));
    mom_sample_set(sample, "numa_free_min_percent", mom_value_float(least_percent));
    set_list(sample, "numa_free", nodes->data, nodes->len, sizeof(Node),
             G_STRUCT_OFFSET(Node, free_kib));
    set_list(sample, "numa_total", nodes->data, nodes->len, sizeof(Node),
             G_STRUCT_OFFSET(Node, total_kib));
}

/* Where it is not known the fields stay nil. */
static void
set_ksm(State *state, const char *root, const GArray *nodes, MomSample *sample)
{
    g_autofree guint *numbers = g_new(guint, nodes->len);
    g_autofree MomNodeKsm *ksm = g_new(MomNodeKsm, nodes->len);
    g_autoptr(GError) error = NULL;

    for (guint i = 0; i < nodes->len; i++)
        numbers[i] = g_array_index(nodes, Node, i).number;
    if (mom_numa_ksm_look(state->ksm, root, numbers, nodes->len, ksm, &error)) {
        set_list(sample, "numa_ksm", ksm, nodes->len, sizeof *ksm,
                 G_STRUCT_OFFSET(MomNodeKsm, held_kib));
        set_list(sample, "numa_ksm_saved", ksm, nodes->len, sizeof *ksm,
                 G_STRUCT_OFFSET(MomNodeKsm, saved_kib));
    }
    if (error && !state->told)
        g_info("numa_ksm and numa_ksm_saved are nil: %s", error->message);
    state->told |= error != NULL;
}

static gboolean
fail(GError **error, const char *message)
{
    g_set_error_literal(error, MOM_COLLECTOR_ERROR, MOM_COLLECTOR_ERROR_COLLECTION, message);
    return FALSE;
}

static gboolean
collect(gpointer data, const MomCollectInput *input, MomSample *sample, GError **error)
{
    State *state = data;
    g_autoptr(GArray) numbers =
        mom_hostfile_numbers(input->root, DIRECTORY, NAME_START, NODES_MAX - 1);
    g_autoptr(GArray) nodes = g_array_new(FALSE, FALSE, sizeof(Node));
    g_autoptr(GError) failure = NULL;

    for (guint i = 0; numbers && i < numbers->len; i++) {
        Node node = {.number = (guint)g_array_index(numbers, guint64, i)};

        if (!read_node(input->root, &node, &failure))
            return fail(error, failure->message);
        if (node.total_kib > 0)
            g_array_append_val(nodes, node);
    }
    if (nodes->len == 0)
        return fail(error, "no node with memory in " DIRECTORY);
    set_nodes(sample, nodes);
    set_ksm(state, input->root, nodes, sample);
    return TRUE;
}

static const char *const fields[] = {NULL};
static const char *const optional[] = {
    "numa_nodes", "numa_free_min", "numa_free_max", "numa_free_min_percent",
    "numa_free",  "numa_total",    "numa_ksm",      "numa_ksm_saved",
    NULL,
};

const MomCollector mom_collector_host_numa = {
    .name = "HostNuma",
    .for_host = TRUE,
    .fields = fields,
    .optional = optional,
    .state_new = state_new,
    .state_free = state_free,
    .collect = collect,
};
