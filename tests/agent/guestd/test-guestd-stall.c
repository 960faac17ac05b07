/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * When a guest is in distress, seen from its counters; and the kernel's trigger where it is one.
 */
#include "tests/mom-test.h"

#include <fcntl.h>
#include <unistd.h>

#include "agent/guestd/stall.h"
#include "tests/agent/guestd/proc-files.h"

static void
growth_within_a_window_is_distress(void **state)
{
    static const struct {
        gint64 total_us;
        gboolean distress;
    } steps[] = {
        {5000000, FALSE}, /* what was before is not known */
        {5000000, FALSE},
        {5000000 + MOM_STALL_US - 1, FALSE},
        {5000000 + 2 * MOM_STALL_US - 1, TRUE},
        {5000000 + 3 * MOM_STALL_US, TRUE},
        {5000000 + 3 * MOM_STALL_US, FALSE},
        {0, FALSE},
    };
    MomStall stall = {.trigger = -1};

    for (gsize i = 0; i < G_N_ELEMENTS(steps); i++) {
        const MomNumbers now = {.some_total_us = steps[i].total_us};

        assert_int_equal(mom_stall_look(&stall, &now), steps[i].distress);
    }
}

static void
a_stand_in_s_file_is_no_trigger_and_stays_as_it_is(void **state)
{
    g_autofree char *root = proc_files_new(PROC_PRESSURE);
    g_autofree char *path = g_build_filename(root, "proc", "pressure", "memory", NULL);
    g_autofree char *text = NULL;
    MomStall stall;

    mom_stall_open(&stall, root);
    assert_int_equal(stall.trigger, -1);
    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    assert_string_equal(text, PROC_PRESSURE);
    mom_stall_close(&stall);
    proc_files_remove(root);
}

static void
the_kernel_takes_the_trigger(void **state)
{
    MomStall stall;
    int fd = open("/proc/pressure/memory", O_RDWR | O_CLOEXEC);

    if (fd < 0) {
        print_message("skipped: this kernel, or its rights, have no pressure to watch\n");
        skip();
    }
    close(fd);
    mom_stall_open(&stall, "");
    assert_true(stall.trigger >= 0);
    mom_stall_close(&stall);
    assert_int_equal(stall.trigger, -1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(growth_within_a_window_is_distress),
        cmocka_unit_test(a_stand_in_s_file_is_no_trigger_and_stays_as_it_is),
        cmocka_unit_test(the_kernel_takes_the_trigger),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
