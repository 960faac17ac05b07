/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Small files below a root: whole, capped, missing, and of the wrong kind.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/collectors/hostfile.h"
#include "tests/agent/collectors/host-root.h"

static int
setup(void **state)
{
    *state = host_root_new();
    return 0;
}

static int
teardown(void **state)
{
    host_root_free(*state);
    return 0;
}

static void
a_file_is_read_whole(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *big = g_strnfill(10000, 'x');
    g_autofree char *text = NULL;

    host_root_write(*state, "proc/big", big);
    text = mom_hostfile_read(*state, "proc/big", 10000, &error);
    assert_ok(text);
    assert_string_equal(text, big);
    assert_fails(mom_hostfile_read(*state, "proc/big", 9999, &error), G_FILE_ERROR,
                 G_FILE_ERROR_FAILED);
}

static void
what_is_no_readable_file_is_an_error(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *fifo = g_build_filename(*state, "fifo", NULL);
    g_autofree char *text = NULL;

    assert_fails(mom_hostfile_read(*state, "nowhere", 10, &error), G_FILE_ERROR,
                 G_FILE_ERROR_NOENT);
    assert_fails(mom_hostfile_read(*state, "", 10, &error), G_FILE_ERROR, G_FILE_ERROR_ISDIR);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    text = mom_hostfile_read(*state, "fifo", 10, &error);
    assert_ok(text);
    assert_string_equal(text, "");
}

static void
the_real_proc_is_read_although_it_claims_to_be_empty(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = mom_hostfile_read("/", "proc/self/stat", MOM_HOSTFILE_CAP, &error);

    assert_ok(text);
    assert_true(strlen(text) > 20);
}

static void
below_an_open_directory_a_file_is_read_whole_or_not_at_all(void **state)
{
    int directory = open(*state, O_RDONLY | O_DIRECTORY);
    char text[6] = "";

    assert_true(directory >= 0);
    host_root_write(*state, "proc/12/comm", "qemu\n");
    assert_true(mom_hostfile_read_at(directory, "proc/12/comm", text, 6));
    assert_string_equal(text, "qemu\n");
    assert_false(mom_hostfile_read_at(directory, "proc/12/comm", text, 5));
    assert_false(mom_hostfile_read_at(directory, "proc/13/comm", text, 6));
    assert_false(mom_hostfile_read_at(directory, "proc/12", text, 6));
    close(directory);
}

static void
integers_are_integers_and_nothing_else(void **state)
{
    const struct {
        const char *text;
        gboolean good;
        gint64 value;
    } cases[] = {
        {"12\n", TRUE, 12},    {" -3 ", TRUE, -3},
        {"0", TRUE, 0},        {"", FALSE, 0},
        {"12 13\n", FALSE, 0}, {"[always] never\n", FALSE, 0},
        {"1e3", FALSE, 0},     {"99999999999999999999", FALSE, 0},
    };
    g_autoptr(GError) error = NULL;

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        gint64 value = 77;

        host_root_write(*state, "run", cases[i].text);
        if (cases[i].good)
            assert_ok(mom_hostfile_read_int(*state, "run", &value, &error));
        else
            assert_fails(mom_hostfile_read_int(*state, "run", &value, &error), G_FILE_ERROR,
                         G_FILE_ERROR_INVAL);
        assert_int_equal(value, cases[i].good ? cases[i].value : 77);
    }
}

static void
numbered_names_are_listed_in_order(void **state)
{
    static const guint64 expected[] = {0, 2, 10, 1023};
    static const char *const names[] = {"node10", "node2", "node0",  "node1023", "node1024", "node",
                                        "node-1", "nodes", "node 3", "anode4",   "has_node5"};
    g_autoptr(GArray) numbers = NULL;

    assert_null(mom_hostfile_numbers(*state, "node", "node", 1023));
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = g_build_filename("node", names[i], "meminfo", NULL);

        host_root_write(*state, path, "");
    }
    numbers = mom_hostfile_numbers(*state, "node", "node", 1023);
    assert_int_equal(numbers->len, G_N_ELEMENTS(expected));
    assert_memory_equal(numbers->data, expected, sizeof expected);
}

#define with_root(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        with_root(a_file_is_read_whole),
        with_root(what_is_no_readable_file_is_an_error),
        with_root(the_real_proc_is_read_although_it_claims_to_be_empty),
        with_root(below_an_open_directory_a_file_is_read_whole_or_not_at_all),
        with_root(integers_are_integers_and_nothing_else),
        with_root(numbered_names_are_listed_in_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
