/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * HostHugepages over pools of a stand-in host, and over the real one.
 */
#include "tests/agent/collectors/host-root.h"

#include "agent/collectors/hugepages.h"

#define DIRECTORY "sys/kernel/mm/hugepages/"

static void
write_pool(const char *root, const char *size, const char *file, gint64 pages)
{
    g_autofree char *path = g_strconcat(DIRECTORY, size, "/", file, NULL);
    g_autofree char *text = g_strdup_printf("%" G_GINT64_FORMAT "\n", pages);

    host_root_write(root, path, text);
}

static void
write_pools(const char *root, const char *size, int total, int unused, int reserved, int surplus)
{
    write_pool(root, size, "nr_hugepages", total);
    write_pool(root, size, "free_hugepages", unused);
    write_pool(root, size, "resv_hugepages", reserved);
    write_pool(root, size, "surplus_hugepages", surplus);
}

static int
setup(void **state)
{
    *state = host_root_new();
    write_pools(*state, "hugepages-2048kB", 100, 30, 20, 10);
    write_pools(*state, "hugepages-1048576kB", 4, 3, 2, 1);
    return 0;
}

static int
teardown(void **state)
{
    host_root_free(*state);
    return 0;
}

static void
pools_of_all_sizes_are_one_sum(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Subject) subject = subject_new("HostHugepages");

    host_root_write(*state, DIRECTORY "hugepages-kB/nr_hugepages", "7\n");
    host_root_write(*state, DIRECTORY "hugepages--4kB/nr_hugepages", "7\n");
    host_root_write(*state, DIRECTORY "defrag", "7\n");
    assert_ok(subject_collect_host(subject, *state, &error));
    assert_int_equal(subject_int(subject, "hugepages_total"), 100 * 2048 + 4 * 1048576);
    assert_int_equal(subject_int(subject, "hugepages_free"), 30 * 2048 + 3 * 1048576);
    assert_int_equal(subject_int(subject, "hugepages_reserved"), 20 * 2048 + 2 * 1048576);
    assert_int_equal(subject_int(subject, "hugepages_surplus"), 10 * 2048 + 1048576);
}

static void
a_kernel_without_huge_pages_has_empty_pools(void **state)
{
    g_autofree char *root = host_root_new();
    g_autoptr(GError) error = NULL;
    g_autoptr(Subject) subject = subject_new("HostHugepages");

    assert_ok(subject_collect_host(subject, root, &error));
    assert_int_equal(subject_int(subject, "hugepages_total"), 0);
    assert_int_equal(subject_int(subject, "hugepages_free"), 0);
    host_root_free(g_steal_pointer(&root));
}

static void
half_a_sum_is_none(void **state)
{
    static const char *const odd[] = {"-1\n", "many\n", "", "9223372036854775807\n", NULL};
    g_autoptr(GError) error = NULL;
    g_autoptr(Subject) subject = subject_new("HostHugepages");

    for (gsize i = 0; i < G_N_ELEMENTS(odd); i++) {
        host_root_write(*state, DIRECTORY "hugepages-2048kB/free_hugepages", odd[i]);
        assert_fails(subject_collect_host(subject, *state, &error), MOM_COLLECTOR_ERROR,
                     MOM_COLLECTOR_ERROR_COLLECTION);
        assert_false(subject_has(subject, "hugepages_total"));
    }
}

static void
a_node_does_not_tell_of_reservations(void **state)
{
    g_autoptr(GError) error = NULL;
    MomHugepages pools = {.reserved_kib = -1};

    host_root_write(*state, DIRECTORY "hugepages-2048kB/resv_hugepages", NULL);
    host_root_write(*state, DIRECTORY "hugepages-1048576kB/resv_hugepages", NULL);
    assert_ok(mom_hugepages_read(*state, DIRECTORY, &pools, &error));
    assert_int_equal(pools.reserved_kib, 0);
    assert_int_equal(pools.free_kib, 30 * 2048 + 3 * 1048576);
}

/* However many a file system shows: the rest is not read. */
static void
there_are_only_so_many_sizes(void **state)
{
    g_autofree char *root = host_root_new();
    g_autoptr(GError) error = NULL;
    MomHugepages pools = {0};

    for (int i = 0; i < 2 * MOM_HUGEPAGES_SIZES_MAX; i++) {
        g_autofree char *size = g_strdup_printf("hugepages-%dkB", 1000000 + i);

        write_pools(root, size, 1, 0, 0, 0);
    }
    assert_ok(mom_hugepages_read(root, DIRECTORY, &pools, &error));
    assert_int_equal(pools.total_kib / 1000000, MOM_HUGEPAGES_SIZES_MAX);
    host_root_free(g_steal_pointer(&root));
}

static void
the_real_host_is_read_too(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Subject) subject = subject_new("HostHugepages");

    assert_ok(subject_collect_host(subject, "/", &error));
    assert_true(subject_int(subject, "hugepages_total") >= subject_int(subject, "hugepages_free"));
}

#define with_root(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        with_root(pools_of_all_sizes_are_one_sum),
        cmocka_unit_test(a_kernel_without_huge_pages_has_empty_pools),
        with_root(half_a_sum_is_none),
        with_root(a_node_does_not_tell_of_reservations),
        cmocka_unit_test(there_are_only_so_many_sizes),
        cmocka_unit_test(the_real_host_is_read_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
