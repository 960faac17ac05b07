/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * mom-guestd's settings: the reference's names, ours, what is wrong and where.
 */
#include "tests/mom-test.h"

#include <glib/gstdio.h>
#include <string.h>

#include "agent/guestd/settings.h"

static bool
load(MomSettings *settings, const char *text, char why[MOM_SETTINGS_MESSAGE])
{
    g_autofree char *path = NULL;
    int fd = g_file_open_tmp("mom-guestd-XXXXXX", &path, NULL);
    bool good;

    assert_true(fd >= 0);
    g_close(fd, NULL);
    assert_true(g_file_set_contents(path, text, -1, NULL));
    mom_settings_init(settings);
    why[0] = '\0';
    good = mom_settings_load(settings, path, true, why);
    g_remove(path);
    return good;
}

static void
a_whole_file_is_taken(void **state)
{
    MomSettings settings;
    char why[MOM_SETTINGS_MESSAGE];

    assert_true(load(&settings,
                     "# ours\n; and theirs\n\n[main]\nhost: 192.0.2.7\nport = 2188\r\n"
                     "  vsock-port : 77\nallowed-peers: 192.0.2.0/24, cid:2\nmin_free: 0.1\n"
                     "max_free=0.9\n[logging]\nlog: stdio\nverbosity: info\nmax-bytes: 1",
                     why));
    assert_string_equal(settings.host, "192.0.2.7");
    assert_int_equal(settings.port, 2188);
    assert_int_equal(settings.vsock_port, 77);
    assert_true(settings.wants_vsock);
    assert_int_equal(settings.peers.n, 2);
    assert_string_equal(settings.min_free, "0.1");
    assert_string_equal(settings.max_free, "0.9");
}

static void
without_a_file_all_is_as_the_reference_has_it(void **state)
{
    MomSettings settings;
    char why[MOM_SETTINGS_MESSAGE];

    mom_settings_init(&settings);
    assert_true(mom_settings_load(&settings, "/nowhere/mom-guestd.conf", false, why));
    assert_string_equal(settings.host, "");
    assert_int_equal(settings.port, 2187);
    assert_int_equal(settings.vsock_port, 2187);
    assert_false(settings.wants_vsock);
    assert_int_equal(settings.peers.n, 0);
    assert_string_equal(settings.min_free, "0.20");
    assert_string_equal(settings.max_free, "0.50");
    assert_false(mom_settings_load(&settings, "/nowhere/mom-guestd.conf", true, why));
    assert_non_null(strstr(why, "No such file"));
}

static void
what_is_wrong_is_told_with_its_line(void **state)
{
    static const struct {
        const char *text, *why;
    } rows[] = {
        {"[main]\nport: 65536\n", ":2: port: `65536' is not a port from 0 (no TCP) to 65535"},
        {"[main]\nport: -1\n", ":2: port: `-1' is not"},
        {"[main]\nport:\n", ":2: port: `' is not"},
        {"[main]\n\nhost: guest.example.org\n", ":3: host: `guest.example.org' is not"},
        {"[main]\nvsock-port: 4294967295\n", ":2: vsock-port: "},
        {"[main]\nallowed-peers: 192.0.2.0/33\n", ":2: allowed-peers: "},
        {"[main]\nmin_free: a lot\n", ":2: min_free: "},
        {"[main]\nmin_free: 0.12345678901234567890\n", ":2: min_free: "},
        {"[main]\nallowed_peers: cid:2\n", ":2: there is no key `allowed_peers'"},
        {"[main]\nport\n", ":2: this is no `key: value' of a section"},
        {"port: 2187\n", ":1: this is no `key: value' of a section"},
        {"[Main]\n", ":1: there is no section [Main]"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        MomSettings settings;
        char why[MOM_SETTINGS_MESSAGE];

        assert_false(load(&settings, rows[i].text, why));
        if (!strstr(why, rows[i].why))
            print_error("\"%s\" instead of \"%s\"\n", why, rows[i].why);
        assert_non_null(strstr(why, rows[i].why));
    }
}

static void
a_line_has_a_limit(void **state)
{
    g_autofree char *filler = g_strnfill(MOM_SETTINGS_LINE, ' ');
    g_autofree char *text = g_strconcat("[main]\nport: 1", filler, "\n", NULL);
    MomSettings settings;
    char why[MOM_SETTINGS_MESSAGE];

    assert_false(load(&settings, text, why));
    assert_non_null(strstr(why, ":2: the line is too long"));
}

static void
the_command_line_counts_more(void **state)
{
    char program[] = "mom-guestd", port[] = "--port=0", vsock[] = "--vsock", number[] = "9";
    char bind[] = "-b", address[] = "::1", peers[] = "--allowed-peers=cid:2 ::1", d[] = "-d";
    char config[] = "--config=/dev/null";
    char *argv[] = {program, config, port, vsock, number, bind, address, peers, d, NULL};
    MomSettings settings;

    assert_int_equal(mom_settings_from_arguments(&settings, 9, argv), MOM_SETTINGS_RUN);
    assert_int_equal(settings.port, 0);
    assert_int_equal(settings.vsock_port, 9);
    assert_string_equal(settings.host, "::1");
    assert_int_equal(settings.peers.n, 2);
    assert_true(settings.daemon);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_file_is_taken),
        cmocka_unit_test(without_a_file_all_is_as_the_reference_has_it),
        cmocka_unit_test(what_is_wrong_is_told_with_its_line),
        cmocka_unit_test(a_line_has_a_limit),
        cmocka_unit_test(the_command_line_counts_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
