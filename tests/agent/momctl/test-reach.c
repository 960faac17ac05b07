/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * agent/momctl/reach: which socket is asked when nobody says which.
 */
#include "agent/momctl/reach.h"

#include "tests/mom-test.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* A socket at PATH whose owner is gone. */
static void
make_socket(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    assert_true(strlen(path) < sizeof address.sun_path);
    memcpy(address.sun_path, path, strlen(path));
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    close(fd);
}

static void
the_first_that_is_a_socket(void **state)
{
    g_autofree char *dir = g_dir_make_tmp("mom-reach-XXXXXX", NULL);
    g_autofree char *ovirt = g_build_filename(dir, "vdsm.sock", NULL);
    g_autofree char *plain = g_build_filename(dir, "mom.sock", NULL);
    const char *paths[] = {ovirt, plain, NULL};

    assert_string_equal(mom_ctl_reach_first_socket(paths), ovirt); /* for the message */
    make_socket(plain);
    assert_string_equal(mom_ctl_reach_first_socket(paths), plain);
    assert_true(g_file_set_contents(ovirt, "no socket", -1, NULL));
    assert_string_equal(mom_ctl_reach_first_socket(paths), plain);
    assert_int_equal(g_unlink(ovirt), 0);
    make_socket(ovirt);
    assert_string_equal(mom_ctl_reach_first_socket(paths), ovirt);
    assert_int_equal(g_unlink(ovirt), 0);
    assert_int_equal(g_unlink(plain), 0);
    assert_int_equal(g_rmdir(dir), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_that_is_a_socket),
    };

    return cmocka_run_group_tests_name("reach", tests, NULL, NULL);
}
