/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See numa-ksm.h.
 *
 * A node's memory is a list of blocks as sysfs names them; its chunks are visited in steps of about
 * the golden section of their number, so that each is met once before any is met twice, and few
 * looks are spread over all of them.
 */
#include "agent/collectors/numa-ksm.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/collectors/hostfile.h"

#define SHARED_FILE "sys/kernel/mm/ksm/pages_shared"
#define SHARING_FILE "sys/kernel/mm/ksm/pages_sharing"
#define BLOCK_SIZE_FILE "sys/devices/system/memory/block_size_bytes"
#define NODE_DIRECTORY "sys/devices/system/node/node%u"
#define BLOCK_NAME "memory"
#define FLAGS_FILE "proc/kpageflags"
#define COUNTS_FILE "proc/kpagecount"
#define SMALL_FILE_CAP 64

/* include/uapi/linux/kernel-page-flags.h.  Kernels since 6.10 give the flag of merged pages to slab
 * pages too, whose words they take for those of a mapping, and till a fix of 2026 to all anonymous
 * pages. */
#define FLAG_SLAB (G_GUINT64_CONSTANT(1) << 7)
#define FLAG_MAPPED (G_GUINT64_CONSTANT(1) << 11)
#define FLAG_HUGE (G_GUINT64_CONSTANT(1) << 17)
#define FLAG_KSM (G_GUINT64_CONSTANT(1) << 21)
#define FLAG_THP (G_GUINT64_CONSTANT(1) << 22)
/* No merged page is part of a huge one. */
#define FLAGS_OF_HUGE (FLAG_HUGE | FLAG_THP)
#define FLAGS_THAT_TELL (FLAG_SLAB | FLAG_MAPPED | FLAG_KSM | FLAGS_OF_HUGE)

/* More pages than any host has; what is beyond is no number to reckon with. */
#define PAGES_MAX (G_MAXINT64 / 1024 / 1024)
/* So many pages that cannot be are proof that the flag means nothing here: pages change while they
 * are read, and one or two may look odd. */
#define PROOF_PAGES 32
/* What is left of so few was met too long ago. */
#define LEAST_MET 0.5

/* Memory may be plugged in: blocks are listed again after so many looks. */
#define LIST_AFTER 256
/* The last looks that count, roughly: as many as it takes to meet all pages, within these bounds.
 */
#define LOOKS_MIN 20
#define LOOKS_MAX 100
#define GOLDEN_SECTION 0.6180339887498949

/* How far the sampling of one node has come. */
typedef struct {
    guint number;
    GArray *blocks; /* guint64, ascending */
    guint64 n_chunks;
    guint64 step;
    guint64 next;
    /* Counts of pages, older looks fading away: */
    double seen;
    double held;  /* of them merged */
    double saved; /* by these */
} Node;

struct MomNumaKsm {
    GArray *nodes; /* of Node */
    guint64 chunks_per_block;
    guint looks;        /* since the blocks were listed */
    gboolean is_fooled; /* the kernel shows what cannot be */
};

/* The open files of one look. */
typedef struct {
    int flags;
    int counts;
    guint impossible; /* pages so far */
} Pages;

/* How often the pages of one chunk are mapped. */
typedef struct {
    gsize n;
    guint64 words[MOM_NUMA_KSM_CHUNK_PAGES];
} Counts;

static void
node_clear(gpointer data)
{
    Node *node = data;

    g_clear_pointer(&node->blocks, g_array_unref);
}

MomNumaKsm *
mom_numa_ksm_new(void)
{
    MomNumaKsm *self = g_new0(MomNumaKsm, 1);

    self->nodes = g_array_new(FALSE, TRUE, sizeof(Node));
    g_array_set_clear_func(self->nodes, node_clear);
    return self;
}

void
mom_numa_ksm_free(MomNumaKsm *self)
{
    if (!self)
        return;
    g_array_unref(self->nodes);
    g_free(self);
}

/* ---- which pages are a node's ---- */

static gboolean
read_chunks_per_block(const char *root, guint64 *out, GError **error)
{
    g_autofree char *text = mom_hostfile_read(root, BLOCK_SIZE_FILE, SMALL_FILE_CAP, error);
    guint64 chunk_bytes = (guint64)sysconf(_SC_PAGESIZE) * MOM_NUMA_KSM_CHUNK_PAGES;
    guint64 bytes;

    if (!text)
        return FALSE;
    g_strstrip(text);
    if (!g_ascii_string_to_unsigned(text, 16, chunk_bytes, G_MAXINT64, &bytes, NULL) ||
        bytes % chunk_bytes != 0) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s holds no usable size",
                    BLOCK_SIZE_FILE);
        return FALSE;
    }
    *out = bytes / chunk_bytes;
    return TRUE;
}

static guint64
common_divisor(guint64 a, guint64 b)
{
    while (b) {
        guint64 rest = a % b;

        a = b;
        b = rest;
    }
    return a;
}

/* Prime to N, so that all of N are met in turn. */
static guint64
step_for(guint64 n)
{
    guint64 step = MAX((guint64)((double)n * GOLDEN_SECTION), 1);

    while (common_divisor(step, n) > 1)
        step++;
    return step;
}

static void
node_list(Node *node, const char *root, guint number, guint64 chunks_per_block)
{
    g_autofree char *name = g_strdup_printf(NODE_DIRECTORY, number);
    guint64 most =
        (guint64)G_MAXINT64 / sizeof(guint64) / MOM_NUMA_KSM_CHUNK_PAGES / chunks_per_block - 1;

    node_clear(node);
    node->number = number;
    node->blocks = mom_hostfile_numbers(root, name, BLOCK_NAME, most);
    if (!node->blocks) /* it has just gone */
        node->blocks = g_array_new(FALSE, FALSE, sizeof(guint64));
    node->n_chunks = node->blocks->len * chunks_per_block;
    node->step = node->n_chunks ? step_for(node->n_chunks) : 0;
    node->next = node->n_chunks ? node->next % node->n_chunks : 0;
}

static gboolean
same_nodes(const MomNumaKsm *self, const guint *numbers, gsize n)
{
    for (gsize i = 0; i < n && self->nodes->len == n; i++)
        if (g_array_index(self->nodes, Node, i).number != numbers[i])
            return FALSE;
    return self->nodes->len == n;
}

/* What was seen so far is kept, unless there are other nodes now. */
static gboolean
list_nodes(MomNumaKsm *self, const char *root, const guint *numbers, gsize n, GError **error)
{
    gboolean same = same_nodes(self, numbers, n);

    if (same && self->looks > 0 && self->looks < LIST_AFTER)
        return TRUE;
    if (!read_chunks_per_block(root, &self->chunks_per_block, error))
        return FALSE;
    if (!same) {
        g_array_set_size(self->nodes, 0);
        g_array_set_size(self->nodes, (guint)n);
    }
    for (gsize i = 0; i < n; i++)
        node_list(&g_array_index(self->nodes, Node, i), root, numbers[i], self->chunks_per_block);
    self->looks = 0;
    return TRUE;
}

/* ---- looking at pages ---- */

static int
open_pages(const char *root, const char *path, GError **error)
{
    g_autofree char *full = g_build_filename(root, path, NULL);
    int fd = open(full, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0)
        g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(errno), "cannot read %s: %s", full,
                    g_strerror(errno));
    return fd;
}

/* The words of the chunk's pages; how many there were. */
static gsize
read_chunk(int fd, guint64 chunk, guint64 words[MOM_NUMA_KSM_CHUNK_PAGES])
{
    const gsize bytes = MOM_NUMA_KSM_CHUNK_PAGES * sizeof *words;
    ssize_t n;

    do {
        n = pread(fd, words, bytes, (off_t)(chunk * bytes));
    } while (n < 0 && errno == EINTR);
    return n > 0 ? (gsize)n / sizeof *words : 0;
}

/* How often the page is mapped, if it is a merged one; else 0. */
static guint64
times_mapped(guint64 flags, const Counts *counts, gsize i)
{
    if ((flags & FLAGS_THAT_TELL) != (FLAG_KSM | FLAG_MAPPED))
        return 0;
    return i < counts->n ? counts->words[i] : 0;
}

static gboolean
is_impossible(guint64 flags)
{
    return flags & FLAG_KSM && flags & FLAGS_OF_HUGE && !(flags & FLAG_SLAB);
}

static void
look_at_chunk(Node *node, Pages *pages, guint64 chunk)
{
    guint64 flags[MOM_NUMA_KSM_CHUNK_PAGES];
    gsize n = read_chunk(pages->flags, chunk, flags);
    gboolean any = FALSE;
    Counts counts;

    node->seen += (double)n;
    for (gsize i = 0; i < n && !any; i++)
        any = flags[i] & FLAG_KSM;
    if (!any)
        return;
    counts.n = read_chunk(pages->counts, chunk, counts.words);
    for (gsize i = 0; i < n; i++) {
        guint64 times = times_mapped(flags[i], &counts, i);

        pages->impossible += is_impossible(flags[i]);
        if (times < 2) /* saves nothing, and where the flag means little is most likely none */
            continue;
        node->held++;
        node->saved += (double)(times - 1);
    }
}

static void
fade(Node *node, gsize n_chunks)
{
    double looks = (double)node->n_chunks / (double)n_chunks;
    double fading = 1 - 1 / CLAMP(looks, LOOKS_MIN, LOOKS_MAX);

    node->seen *= fading;
    node->held *= fading;
    node->saved *= fading;
}

static void
look_at_node(const MomNumaKsm *self, Node *node, Pages *pages, gsize n_chunks)
{
    fade(node, n_chunks);
    for (gsize i = 0; i < MIN(n_chunks, node->n_chunks); i++) {
        guint64 block = g_array_index(node->blocks, guint64, node->next / self->chunks_per_block);

        look_at_chunk(node, pages,
                      block * self->chunks_per_block + node->next % self->chunks_per_block);
        node->next = (node->next + node->step) % node->n_chunks;
    }
}

static void
look_at_nodes(MomNumaKsm *self, Pages *pages)
{
    for (guint i = 0; i < self->nodes->len; i++)
        look_at_node(self, &g_array_index(self->nodes, Node, i), pages,
                     MAX(MOM_NUMA_KSM_CHUNKS / self->nodes->len, 1));
    self->looks++;
    self->is_fooled |= pages->impossible >= PROOF_PAGES;
}

/* ---- shares ---- */

/* What the whole node has if what was seen of it is like the rest, in pages: of PART. */
static double
whole(const Node *node, double part)
{
    return node->seen > 0 ? part * (double)node->n_chunks * MOM_NUMA_KSM_CHUNK_PAGES / node->seen
                          : 0;
}

static gint64
share_kib(gint64 pages, double part, double sum)
{
    return (gint64)((double)pages * part / sum + 0.5) * (sysconf(_SC_PAGESIZE) / 1024);
}

/* FALSE: no merged page was met, or too long ago. */
static gboolean
share_out(const MomNumaKsm *self, gint64 shared, gint64 sharing, MomNodeKsm *out)
{
    double met = 0, held = 0, saved = 0;

    for (guint i = 0; i < self->nodes->len; i++) {
        const Node *node = &g_array_index(self->nodes, Node, i);

        met += node->held;
        held += whole(node, node->held);
        saved += whole(node, node->saved);
    }
    if (met < LEAST_MET)
        return FALSE;
    for (guint i = 0; i < self->nodes->len; i++) {
        const Node *node = &g_array_index(self->nodes, Node, i);

        out[i].held_kib = share_kib(shared, whole(node, node->held), held);
        out[i].saved_kib = share_kib(sharing, whole(node, node->saved), saved);
    }
    return TRUE;
}

/* ---- one look ---- */

static gboolean
read_count(const char *root, const char *path, gint64 *out, GError **error)
{
    if (!mom_hostfile_read_int(root, path, out, error))
        return FALSE;
    if (*out >= 0 && *out <= PAGES_MAX)
        return TRUE;
    g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s holds no usable number", path);
    return FALSE;
}

static gboolean
open_files(const char *root, Pages *pages, GError **error)
{
    pages->flags = open_pages(root, FLAGS_FILE, error);
    if (pages->flags < 0)
        return FALSE;
    pages->counts = open_pages(root, COUNTS_FILE, error);
    if (pages->counts >= 0)
        return TRUE;
    close(pages->flags);
    return FALSE;
}

/* Nothing is looked at any more where the flag of merged pages was seen to mean nothing. */
static gboolean
is_fooled(const MomNumaKsm *self, GError **error)
{
    if (self->is_fooled)
        g_set_error_literal(error, G_FILE_ERROR, G_FILE_ERROR_FAILED,
                            "this kernel shows all anonymous pages as merged in " FLAGS_FILE
                            ", as those from 6.10 on do till a fix of 2026");
    return self->is_fooled;
}

static gboolean
look(MomNumaKsm *self, const char *root, const guint *numbers, gsize n, GError **error)
{
    Pages pages = {0};
    gboolean ok;

    if (is_fooled(self, error) || !open_files(root, &pages, error))
        return FALSE;
    ok = list_nodes(self, root, numbers, n, error);
    if (ok)
        look_at_nodes(self, &pages);
    close(pages.counts);
    close(pages.flags);
    return ok && !is_fooled(self, error);
}

gboolean
mom_numa_ksm_look(MomNumaKsm *self,
                  const char *root,
                  const guint *numbers,
                  gsize n,
                  MomNodeKsm *out,
                  GError **error)
{
    gint64 shared, sharing;

    if (!read_count(root, SHARED_FILE, &shared, error) ||
        !read_count(root, SHARING_FILE, &sharing, error))
        return FALSE;
    if (shared == 0) { /* what was seen is no more */
        g_array_set_size(self->nodes, 0);
        memset(out, 0, n * sizeof *out);
        return TRUE;
    }
    return look(self, root, numbers, n, error) && share_out(self, shared, sharing, out);
}
