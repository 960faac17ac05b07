/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * HostNuma over nodes of a stand-in host, and over the real one.
 */
#include "tests/agent/collectors/host-root.h"

#define DIRECTORY "sys/devices/system/node/"

static void
write_node(const char *root, int node, int total_kib, int free_kib)
{
    g_autofree char *path = g_strdup_printf(DIRECTORY "node%d/meminfo", node);
    g_autofree char *text = g_strdup_printf(
        "Node %d MemTotal: %d kB\nNode %d MemFree: %d kB\nNode %d Active(file): 20 kB\n"
        "Node %d Inactive(file): 10 kB\nNode %d Shmem: 500 kB\nNode %d SReclaimable: 5 kB\n",
        node, total_kib, node, free_kib, node, node, node, node);

    host_root_write(root, path, text);
}

static int
setup(void **state)
{
    *state = host_root_new();
    write_node(*state, 0, 1000, 365);
    write_node(*state, 10, 4000, 565);
    write_node(*state, 2, 2000, 65);
    host_root_write(*state, DIRECTORY "has_memory", "0,2,10\n");
    return 0;
}

static int
teardown(void **state)
{
    host_root_free(*state);
    return 0;
}

static void
assert_list(const Subject *subject, const char *field, const gint64 *expected, gsize n)
{
    MomValue v = MOM_NIL;

    assert_true(mom_sample_get(subject->sample, field, &v));
    assert_int_equal(v.type, MOM_VALUE_LIST);
    assert_int_equal(v.list->length, n);
    for (gsize i = 0; i < n; i++)
        assert_true(mom_value_equal(v.list->items[i], mom_value_int(expected[i])));
}

static void
assert_least_percent(const Subject *subject, double expected)
{
    MomValue v = MOM_NIL;

    assert_true(mom_sample_get(subject->sample, "numa_free_min_percent", &v));
    assert_true(mom_value_equal(v, mom_value_float(expected)));
}

static void
nodes_are_told_of_in_their_order(void **state)
{
    static const gint64 unused[] = {400, 100, 600}, totals[] = {1000, 2000, 4000};
    g_autoptr(GError) error = NULL;
    g_autoptr(Subject) subject = subject_new("HostNuma");

    assert_ok(subject_collect_host(subject, *state, &error));
    assert_int_equal(subject_int(subject, "numa_nodes"), 3);
    assert_int_equal(subject_int(subject, "numa_free_min"), 100);
    assert_int_equal(subject_int(subject, "numa_free_max"), 600);
    assert_least_percent(subject, 5);
    assert_list(subject, "numa_free", unused, G_N_ELEMENTS(unused));
    assert_list(subject, "numa_total", totals, G_N_ELEMENTS(totals));
}

static void
huge_pages_are_no_part_of_a_node(void **state)
{
    static const gint64 totals[] = {1000, 200, 4000};
    g_autoptr(GError) error = NULL;
    g_autoptr(Subject) subject = subject_new("HostNuma");

    host_root_write(*state, DIRECTORY "node2/hugepages/hugepages-600kB/nr_hugepages", "3\n");
    host_root_write(*state, DIRECTORY "node2/hugepages/hugepages-600kB/free_hugepages", "1\n");
    host_root_write(*state, DIRECTORY "node2/hugepages/hugepages-600kB/surplus_hugepages", "0\n");
    assert_ok(subject_collect_host(subject, *state, &error));
    assert_list(subject, "numa_total", totals, G_N_ELEMENTS(totals));
    assert_int_equal(subject_int(subject, "numa_free_min"), 100);
    assert_least_percent(subject, 15);
}

static void
where_merged_pages_lie_is_nil_until_it_is_known(void **state)
{
    static const gint64 nothing[] = {0, 0, 0};
    g_autoptr(GError) error = NULL;
    g_autoptr(Subject) subject = subject_new("HostNuma");

    assert_ok(subject_collect_host(subject, *state, &error));
    assert_false(subject_has(subject, "numa_ksm"));
    host_root_write(*state, "sys/kernel/mm/ksm/pages_shared", "0\n");
    host_root_write(*state, "sys/kernel/mm/ksm/pages_sharing", "0\n");
    assert_ok(subject_collect_host(subject, *state, &error));
    assert_list(subject, "numa_ksm", nothing, G_N_ELEMENTS(nothing));
    assert_list(subject, "numa_ksm_saved", nothing, G_N_ELEMENTS(nothing));
}

/* A file of COUNT words, the first of which are FIRST. */
static void
write_words(const char *root, const char *path, guint64 first, gsize n_first, gsize count)
{
    g_autofree char *full = g_build_filename(root, path, NULL);
    g_autofree guint64 *words = g_new0(guint64, count);

    host_root_write(root, path, "");
    for (gsize i = 0; i < n_first; i++)
        words[i] = first;
    assert_true(
        g_file_set_contents(full, (const char *)words, (gssize)(count * sizeof *words), NULL));
}

static void
where_merged_pages_lie_is_told_of_each_node(void **state)
{
    gint64 page_kib = sysconf(_SC_PAGESIZE) / 1024;
    const gint64 held[] = {0, 3 * page_kib, 0}, saved[] = {0, 12 * page_kib, 0};
    g_autofree char *size = g_strdup_printf("%x\n", (guint)(512 * page_kib * 1024));
    g_autoptr(GError) error = NULL;
    g_autoptr(Subject) subject = subject_new("HostNuma");

    host_root_write(*state, "sys/devices/system/memory/block_size_bytes", size);
    host_root_write(*state, DIRECTORY "node2/memory0/online", "1\n");
    host_root_write(*state, "sys/kernel/mm/ksm/pages_shared", "3\n");
    host_root_write(*state, "sys/kernel/mm/ksm/pages_sharing", "12\n");
    write_words(*state, "proc/kpageflags", 1 << 21 | 1 << 11, 3, 512);
    write_words(*state, "proc/kpagecount", 5, 3, 512);
    assert_ok(subject_collect_host(subject, *state, &error));
    assert_list(subject, "numa_ksm", held, G_N_ELEMENTS(held));
    assert_list(subject, "numa_ksm_saved", saved, G_N_ELEMENTS(saved));
}

static void
what_has_no_memory_is_no_node(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Subject) subject = subject_new("HostNuma");

    write_node(*state, 3, 0, 0);
    host_root_write(*state, DIRECTORY "node/meminfo", "nothing\n");
    host_root_write(*state, DIRECTORY "node1024/meminfo", "nothing\n");
    host_root_write(*state, DIRECTORY "nodes/meminfo", "nothing\n");
    assert_ok(subject_collect_host(subject, *state, &error));
    assert_int_equal(subject_int(subject, "numa_nodes"), 3);
}

static void
a_node_that_cannot_be_read_costs_all_of_them(void **state)
{
    static const char *const odd[] = {
        NULL,
        "",
        "MemTotal: 9 kB\nMemFree: 9 kB\n",
        "Node 1 MemTotal: 9 kB\nNode 1 MemFree: 9 kB\n",
        "Node 0 MemTotal: 9 kB\n",
        "Node 0 MemTotal: 9 kB\nNode 0 MemFree: -9 kB\n",
        "Node 0 MemTotal: 9 kB\nNode 0 MemFree: 1 kB\nNode 0 Active(file): 9223372036854775807 "
        "kB\n",
    };
    g_autoptr(GError) error = NULL;
    g_autoptr(Subject) subject = subject_new("HostNuma");

    for (gsize i = 0; i < G_N_ELEMENTS(odd); i++) {
        host_root_write(*state, DIRECTORY "node0/meminfo", odd[i]);
        assert_fails(subject_collect_host(subject, *state, &error), MOM_COLLECTOR_ERROR,
                     MOM_COLLECTOR_ERROR_COLLECTION);
        assert_false(subject_has(subject, "numa_nodes"));
    }
}

static void
a_host_without_nodes_is_told_of(void **state)
{
    g_autofree char *root = host_root_new();
    g_autoptr(GError) error = NULL;
    g_autoptr(Subject) subject = subject_new("HostNuma");

    assert_fails(subject_collect_host(subject, root, &error), MOM_COLLECTOR_ERROR,
                 MOM_COLLECTOR_ERROR_COLLECTION);
    host_root_free(g_steal_pointer(&root));
}

static void
the_real_host_is_read_too(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Subject) subject = subject_new("HostNuma");

    if (!g_file_test("/" DIRECTORY "node0/meminfo", G_FILE_TEST_EXISTS)) {
        print_message("skipped: this kernel shows no nodes\n");
        skip();
    }
    assert_ok(subject_collect_host(subject, "/", &error));
    assert_true(subject_int(subject, "numa_nodes") > 0);
    assert_true(subject_int(subject, "numa_free_min") > 0);
}

#define with_root(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        with_root(nodes_are_told_of_in_their_order),
        with_root(huge_pages_are_no_part_of_a_node),
        with_root(where_merged_pages_lie_is_nil_until_it_is_known),
        with_root(where_merged_pages_lie_is_told_of_each_node),
        with_root(what_has_no_memory_is_no_node),
        with_root(a_node_that_cannot_be_read_costs_all_of_them),
        cmocka_unit_test(a_host_without_nodes_is_told_of),
        cmocka_unit_test(the_real_host_is_read_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
