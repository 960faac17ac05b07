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
#define KSM (G_GUINT64_CONSTANT(1) << 21)
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
    merge(host, 0, 5, 1); /* not mapped twice any more, while the kernel still tells so */
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
    static const char *const sizes[] = {"", "0", "zz", "-8", "1000", "8000000000000000", NULL};
    Host *host = *state;
    g_autoptr(MomNumaKsm) ksm = mom_numa_ksm_new();

    assert_look(ksm, host, "error"); /* a kernel without KSM */
    merge(host, 0, 5, 2);
    write_totals(host, 5, 5);
    write_words(host, "proc/kpageflags", host->flags);
    assert_look(ksm, host, "error");
    write_pages(host);
    assert_look(ksm, host, "5:5 0:0");
    host_root_write(host->root, "sys/kernel/mm/ksm/pages_shared", "many\n");
    assert_look(ksm, host, "error");
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
    assert_look(ksm, host, "3:12 3:0");
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
    static const guint reversed[] = {3, 5};
    Host *host = *state;
    g_autoptr(MomNumaKsm) ksm = mom_numa_ksm_new();
    MomNodeKsm out[2];

    merge(host, 0, 100, 2);
    merge(host, 2 * BLOCK_PAGES, 1, 2);
    write_pages(host);
    write_totals(host, 101, 101);
    assert_look(ksm, host, "100:100 1:1");
    assert_true(mom_numa_ksm_look(ksm, host->root, reversed, 2, out, NULL));
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
        with_host(pages_that_go_to_another_node_are_followed),
        with_host(every_chunk_is_met_before_any_is_met_twice),
        with_host(other_nodes_are_looked_at_anew),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
