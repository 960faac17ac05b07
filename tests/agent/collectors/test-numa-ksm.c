/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * How merged pages are spread over nodes, read from page tables that are written word by word.
 *
 * A block of memory has two chunks here, so that small files hold several nodes.  The real kernel's
 * tables are read beside real guests, by tests/hypervisor.
 */
#include "tests/agent/collectors/host-root.h"

#include "agent/collectors/numa-ksm.h"

#define CHUNKS_PER_BLOCK 2
#define BLOCK_PAGES ((gsize)CHUNKS_PER_BLOCK * MOM_NUMA_KSM_CHUNK_PAGES)
/* Of /proc/kpageflags. */
#define SLAB (G_GUINT64_CONSTANT(1) << 7)
#define MAPPED (G_GUINT64_CONSTANT(1) << 11)
#define ANONYMOUS (G_GUINT64_CONSTANT(1) << 12)
#define HUGETLB (G_GUINT64_CONSTANT(1) << 17)
#define KSM (G_GUINT64_CONSTANT(1) << 21)
#define THP (G_GUINT64_CONSTANT(1) << 22)
#define MERGED (MAPPED | ANONYMOUS | KSM)
#define NODE_DIRECTORY "sys/devices/system/node/"

static const guint two_nodes[] = {0, 3};

typedef struct {
    char *root;
    gsize n_pages;
    guint64 *flags;
    guint64 *counts;
    gint64 page_kib;
} Host;

static void
add_block(const Host *host, guint node, guint block)
{
    g_autofree char *path = g_strdup_printf(NODE_DIRECTORY "node%u/memory%u/online", node, block);

    host_root_write(host->root, path, "1\n");
}

static void
write_number(const Host *host, const char *path, gint64 number)
{
    g_autofree char *text = g_strdup_printf("%" G_GINT64_FORMAT "\n", number);

    host_root_write(host->root, path, text);
}

static void
write_block_size(const Host *host)
{
    g_autofree char *text = g_strdup_printf("%" G_GINT64_MODIFIER "x\n",
                                            (guint64)BLOCK_PAGES * 1024 * (guint64)host->page_kib);

    host_root_write(host->root, "sys/devices/system/memory/block_size_bytes", text);
}

static void
write_words(const Host *host, const char *path, const guint64 *words)
{
    g_autofree char *full = g_build_filename(host->root, path, NULL);
    g_autofree char *directory = g_path_get_dirname(full);

    assert_int_equal(g_mkdir_with_parents(directory, 0700), 0);
    assert_true(g_file_set_contents(full, (const char *)words,
                                    (gssize)(host->n_pages * sizeof *words), NULL));
}

static void
write_pages(const Host *host)
{
    write_words(host, "proc/kpageflags", host->flags);
    write_words(host, "proc/kpagecount", host->counts);
}

static void
write_totals(const Host *host, gint64 shared, gint64 sharing)
{
    write_number(host, "sys/kernel/mm/ksm/pages_shared", shared);
    write_number(host, "sys/kernel/mm/ksm/pages_sharing", sharing);
}

/* COUNT pages from FIRST on are merged, each mapped TIMES. */
static void
merge(Host *host, gsize first, gsize count, guint64 times)
{
    for (gsize i = first; i < first + count; i++) {
        host->flags[i] = MERGED;
        host->counts[i] = times;
    }
}

static void
split(Host *host)
{
    for (gsize i = 0; i < host->n_pages; i++) {
        host->flags[i] = MAPPED | ANONYMOUS;
        host->counts[i] = 1;
    }
}

/* Blocks 0 and 1 are node 0's, 2 and 4 node 3's, there is none between them. */
static int
setup(void **state)
{
    Host *host = g_new0(Host, 1);

    host->root = host_root_new();
    host->n_pages = 5 * BLOCK_PAGES;
    host->flags = g_new0(guint64, host->n_pages);
    host->counts = g_new0(guint64, host->n_pages);
    host->page_kib = sysconf(_SC_PAGESIZE) / 1024;
    write_block_size(host);
    add_block(host, 0, 0);
    add_block(host, 0, 1);
    add_block(host, 3, 2);
    add_block(host, 3, 4);
    split(host);
    *state = host;
    return 0;
}

static int
teardown(void **state)
{
    Host *host = *state;

    host_root_free(host->root);
    g_free(host->flags);
    g_free(host->counts);
    g_free(host);
    return 0;
}

/* "pages:saved pages:saved" of the two nodes; "unknown"; "error". */
static char *
look(MomNumaKsm *ksm, const Host *host)
{
    g_autoptr(GError) error = NULL;
    MomNodeKsm out[2];

    if (!mom_numa_ksm_look(ksm, host->root, two_nodes, 2, out, &error))
        return g_strdup(error ? "error" : "unknown");
    assert_null(error);
    return g_strdup_printf("%d:%d %d:%d", (int)(out[0].held_kib / host->page_kib),
                           (int)(out[0].saved_kib / host->page_kib),
                           (int)(out[1].held_kib / host->page_kib),
                           (int)(out[1].saved_kib / host->page_kib));
}

#define assert_look(ksm, host, expected)                                                           \
    do {                                                                                           \
        g_autofree char *text = look(ksm, host);                                                   \
        assert_string_equal(text, expected);                                                       \
    } while (0)

static void
the_kernels_counts_are_shared_out_by_what_is_seen(void **state)
{
    Host *host = *state;
    g_autoptr(MomNumaKsm) ksm = mom_numa_ksm_new();

    merge(host, 0, 10, 2);
    merge(host, BLOCK_PAGES + 1000, 20, 2);
    merge(host, 4 * BLOCK_PAGES + 7, 10, 8);
    write_pages(host);
    write_totals(host, 40, 100);
    assert_look(ksm, host, "30:30 10:70");
    write_totals(host, 400, 0);
    assert_look(ksm, host, "300:0 100:0");
}

static void
only_pages_that_are_really_merged_count(void **state)
{
    Host *host = *state;
    g_autoptr(MomNumaKsm) ksm = mom_numa_ksm_new();

    merge(host, 3, 5, 2);
    merge(host, 3 * BLOCK_PAGES, 50, 2); /* in no node */
    for (gsize i = 100; i < 200; i++)
        host->flags[i] = SLAB | ANONYMOUS | KSM | (i % 2 ? MAPPED : 0);
    for (gsize i = 4 * BLOCK_PAGES; i < 4 * BLOCK_PAGES + 100; i++)
        host->flags[i] = ANONYMOUS | KSM;
    write_pages(host);
    write_totals(host, 5, 5);
    assert_look(ksm, host, "5:5 0:0");
}

static void
nothing_is_made_up_where_no_merged_page_was_met(void **state)
{
    Host *host = *state;
    g_autoptr(MomNumaKsm) ksm = mom_numa_ksm_new();

    write_pages(host);
    write_totals(host, 5, 5);
    assert_look(ksm, host, "unknown");
    merge(host, 0, 100, 1); /* as all anonymous pages look to some kernels */
    write_pages(host);
    assert_look(ksm, host, "unknown");
}

static void
without_merged_pages_no_table_is_read(void **state)
{
    Host *host = *state;
    g_autoptr(MomNumaKsm) ksm = mom_numa_ksm_new();

    write_totals(host, 0, 0);
    assert_look(ksm, host, "0:0 0:0");
    write_totals(host, 1, 1);
    assert_look(ksm, host, "error");
}

static void
what_is_missing_or_odd_is_an_error(void **state)
{
    static const char *const sizes[] = {
        "", "0", "zz", "-8", "1000", "7ffffffffffff000", "8000000000000000", NULL};
    static const char *const counts[] = {"many\n", "-1\n", "9223372036854775807\n", ""};
    Host *host = *state;
    g_autoptr(MomNumaKsm) ksm = mom_numa_ksm_new();

    assert_look(ksm, host, "error"); /* a kernel without KSM */
    merge(host, 0, 5, 2);
    write_totals(host, 5, 5);
    write_words(host, "proc/kpageflags", host->flags);
    assert_look(ksm, host, "error");
    write_pages(host);
    assert_look(ksm, host, "5:5 0:0");
    for (gsize i = 0; i < G_N_ELEMENTS(counts); i++) {
        host_root_write(host->root, "sys/kernel/mm/ksm/pages_shared", counts[i]);
        assert_look(ksm, host, "error");
    }
    write_totals(host, 5, 5);
    for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
        g_autoptr(MomNumaKsm) other = mom_numa_ksm_new();

        host_root_write(host->root, "sys/devices/system/memory/block_size_bytes", sizes[i]);
        assert_look(other, host, "error");
    }
}

static void
tables_that_end_early_cost_what_they_lack(void **state)
{
    Host *host = *state;
    g_autoptr(MomNumaKsm) ksm = mom_numa_ksm_new();

    merge(host, 0, 6, 3);
    merge(host, 2 * BLOCK_PAGES + 600, 6, 3);
    write_pages(host);
    host->n_pages = 2 * BLOCK_PAGES + 10;
    write_words(host, "proc/kpageflags", host->flags);
    write_totals(host, 6, 12);
    assert_look(ksm, host, "6:12 0:0");
    host->n_pages = 1;
    write_words(host, "proc/kpagecount", host->counts);
    host->n_pages = 5 * BLOCK_PAGES;
    write_words(host, "proc/kpageflags", host->flags);
    assert_look(ksm, host, "6:12 0:0");
}

/* FLAGS on COUNT pages of the first block, each mapped twice. */
static void
show(Host *host, guint64 flags, gsize count)
{
    split(host);
    merge(host, 2 * BLOCK_PAGES, 7, 2);
    for (gsize i = 0; i < count; i++) {
        host->flags[i] = flags;
        host->counts[i] = 2;
    }
    write_pages(host);
}

static void
a_kernel_whose_flag_means_nothing_is_not_believed(void **state)
{
    static const guint64 impossible[] = {MERGED | THP, MERGED | HUGETLB, ANONYMOUS | KSM | THP};
    Host *host = *state;

    write_totals(host, 7, 7);
    for (gsize i = 0; i < G_N_ELEMENTS(impossible); i++) {
        g_autoptr(MomNumaKsm) ksm = mom_numa_ksm_new();

        show(host, impossible[i], 10); /* pages change while they are read */
        assert_look(ksm, host, "0:0 7:7");
        show(host, impossible[i] | SLAB, 500);
        assert_look(ksm, host, "0:0 7:7");
        show(host, impossible[i], 500);
        assert_look(ksm, host, "error");
        show(host, 0, 0);
        assert_look(ksm, host, "error"); /* that goes for good */
    }
}

static void
what_was_met_too_long_ago_is_forgotten(void **state)
{
    Host *host = *state;
    g_autoptr(MomNumaKsm) ksm = mom_numa_ksm_new();
    g_autofree char *last = NULL;

    merge(host, 0, 100, 2);
    write_pages(host);
    write_totals(host, 100, 100);
    assert_look(ksm, host, "100:100 0:0");
    split(host);
    write_pages(host);
    for (int i = 0; i < 200; i++) {
        g_free(last);
        last = look(ksm, host);
    }
    assert_string_equal(last, "unknown");
}

static void
a_host_that_merged_nothing_in_between_is_looked_at_anew(void **state)
{
    Host *host = *state;
    g_autoptr(MomNumaKsm) ksm = mom_numa_ksm_new();

    merge(host, 0, 100, 2);
    write_pages(host);
    write_totals(host, 100, 100);
    assert_look(ksm, host, "100:100 0:0");
    write_totals(host, 0, 0);
    assert_look(ksm, host, "0:0 0:0");
    split(host);
    merge(host, 2 * BLOCK_PAGES, 100, 2);
    write_pages(host);
    write_totals(host, 100, 100);
    assert_look(ksm, host, "0:0 100:100");
}

static void
memory_that_is_plugged_in_is_found(void **state)
{
    Host *host = *state;
    g_autoptr(MomNumaKsm) ksm = mom_numa_ksm_new();
    gboolean found = FALSE;

    merge(host, 0, 100, 2);
    merge(host, 3 * BLOCK_PAGES, 100, 2);
    write_pages(host);
    write_totals(host, 200, 200);
    assert_look(ksm, host, "200:200 0:0");
    add_block(host, 3, 3);
    for (int i = 0; i < 1000 && !found; i++) {
        MomNodeKsm out[2];

        assert_true(mom_numa_ksm_look(ksm, host->root, two_nodes, 2, out, NULL));
        found = out[1].held_kib > 0;
    }
    assert_true(found);
}

static void
each_of_many_nodes_is_looked_at(void **state)
{
    enum { NODES = 3 * MOM_NUMA_KSM_CHUNKS };
    Host *host = *state;
    g_autoptr(MomNumaKsm) ksm = mom_numa_ksm_new();
    guint numbers[NODES];
    MomNodeKsm out[NODES];

    for (guint i = 0; i < NODES; i++) {
        numbers[i] = i;
        add_block(host, i, i % 5);
    }
    for (gsize block = 0; block < 5; block++)
        merge(host, block * BLOCK_PAGES, BLOCK_PAGES, 2);
    write_pages(host);
    write_totals(host, NODES * 10, NODES * 10);
    assert_true(mom_numa_ksm_look(ksm, host->root, numbers, NODES, out, NULL));
    for (guint i = 4; i < NODES; i++)
        assert_true(out[i].held_kib > 0);
}

static void
pages_that_go_to_another_node_are_followed(void **state)
{
    Host *host = *state;
    g_autoptr(MomNumaKsm) ksm = mom_numa_ksm_new();
    gint64 there = 0;

    write_totals(host, 100, 100);
    merge(host, 0, 100, 2);
    write_pages(host);
    assert_look(ksm, host, "100:100 0:0");
    split(host);
    merge(host, 2 * BLOCK_PAGES, 100, 2);
    write_pages(host);
    for (int i = 0; i < 100; i++) {
        MomNodeKsm out[2];

        assert_true(mom_numa_ksm_look(ksm, host->root, two_nodes, 2, out, NULL));
        assert_true(out[1].held_kib >= there);
        there = out[1].held_kib;
    }
    assert_int_equal(there / host->page_kib, 100);
}

static void
every_chunk_is_met_before_any_is_met_twice(void **state)
{
    const guint number = 0, n_blocks = 50;
    const gsize n_chunks = (gsize)n_blocks * CHUNKS_PER_BLOCK;
    Host *host = *state;

    g_free(host->flags);
    g_free(host->counts);
    host->n_pages = n_blocks * BLOCK_PAGES;
    host->flags = g_new0(guint64, host->n_pages);
    host->counts = g_new0(guint64, host->n_pages);
    for (guint block = 2; block < n_blocks; block++)
        add_block(host, 0, block);
    write_totals(host, 1, 1);
    for (gsize chunk = 0; chunk < n_chunks; chunk += 7) {
        g_autoptr(MomNumaKsm) ksm = mom_numa_ksm_new();
        MomNodeKsm out;
        gsize looks = 1;

        split(host);
        merge(host, chunk * MOM_NUMA_KSM_CHUNK_PAGES + 1, 1, 2);
        write_pages(host);
        while (!mom_numa_ksm_look(ksm, host->root, &number, 1, &out, NULL))
            assert_true(++looks <= (n_chunks + MOM_NUMA_KSM_CHUNKS - 1) / MOM_NUMA_KSM_CHUNKS);
        assert_int_equal(out.held_kib, host->page_kib);
    }
}

static void
other_nodes_are_looked_at_anew(void **state)
{
    static const guint others[] = {3, 5};
    Host *host = *state;
    g_autoptr(MomNumaKsm) ksm = mom_numa_ksm_new();
    MomNodeKsm out[2];

    merge(host, 0, 100, 2);
    merge(host, 2 * BLOCK_PAGES, 1, 2);
    write_pages(host);
    write_totals(host, 101, 101);
    assert_look(ksm, host, "100:100 1:1");
    assert_true(mom_numa_ksm_look(ksm, host->root, others, 2, out, NULL));
    assert_int_equal(out[0].held_kib, 101 * host->page_kib);
    assert_int_equal(out[1].held_kib, 0); /* a node that is not there has nothing */
}

#define with_host(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        with_host(the_kernels_counts_are_shared_out_by_what_is_seen),
        with_host(only_pages_that_are_really_merged_count),
        with_host(nothing_is_made_up_where_no_merged_page_was_met),
        with_host(without_merged_pages_no_table_is_read),
        with_host(what_is_missing_or_odd_is_an_error),
        with_host(tables_that_end_early_cost_what_they_lack),
        with_host(a_kernel_whose_flag_means_nothing_is_not_believed),
        with_host(what_was_met_too_long_ago_is_forgotten),
        with_host(a_host_that_merged_nothing_in_between_is_looked_at_anew),
        with_host(memory_that_is_plugged_in_is_found),
        with_host(each_of_many_nodes_is_looked_at),
        with_host(pages_that_go_to_another_node_are_followed),
        with_host(every_chunk_is_met_before_any_is_met_twice),
        with_host(other_nodes_are_looked_at_anew),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
