/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Who cannot answer: by literals of what the kernel says, and by a real process that is stopped.
 */
#include "agent/hypervisor/qemu-silence.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "libvirt-client/changeable.h"
#include "tests/mom-test.h"

#define MS ((gint64)1000)

static guint
take(MomQemuLook *look, char state, gint64 cpu_ticks, gint64 major_faults, gint64 now_ms)
{
    const MomProcStat stat = {.state = state, .cpu_ticks = cpu_ticks, .major_faults = major_faults};

    return mom_qemu_silence_take(look, &stat, now_ms * MS);
}

static void
one_that_runs_or_sleeps_may_answer(void **state)
{
    MomQemuLook look = {0};

    for (int i = 0; i < 5; i++) {
        assert_int_equal(take(&look, 'S', 7, 0, 10000 * i), 0);
        assert_int_equal(take(&look, 'R', 7, 0, 10000 * i + 5000), 0);
    }
}

static void
one_that_was_stopped_cannot_from_the_first_look_on(void **state)
{
    MomQemuLook look = {0};

    assert_int_equal(take(&look, 'S', 7, 0, 0), 0);
    assert_int_equal(take(&look, 'T', 7, 0, 1000), 1);
    assert_int_equal(take(&look, 'T', 7, 0, 6000), 5000);
    assert_int_equal(take(&look, 'S', 7, 0, 7000), 0);
    assert_int_equal(take(&look, 't', 7, 0, 8000), 1); /* by a debugger */
}

static void
one_that_waits_in_the_kernel_may_until_it_has_not_run_for_long(void **state)
{
    MomQemuLook look = {0};

    assert_int_equal(take(&look, 'D', 7, 0, 0), 0);
    assert_int_equal(take(&look, 'D', 7, 0, MOM_VIRT_HANG_MS - 1), 0);
    assert_int_equal(take(&look, 'D', 7, 0, MOM_VIRT_HANG_MS), MOM_VIRT_HANG_MS);
    assert_int_equal(take(&look, 'D', 7, 0, MOM_VIRT_HANG_MS + 1000), MOM_VIRT_HANG_MS + 1000);
    assert_int_equal(take(&look, 'S', 7, 0, MOM_VIRT_HANG_MS + 2000), 0);
}

/* On a host that is short of memory a QEMU is seen so again and again. */
static void
one_that_swaps_goes_on_answering(void **state)
{
    MomQemuLook look = {0};

    for (int i = 0; i < 10; i++)
        assert_int_equal(take(&look, 'D', 7, i, MOM_VIRT_HANG_MS * i), 0);
    for (int i = 0; i < 10; i++)
        assert_int_equal(take(&look, 'D', 7 + i, 10, MOM_VIRT_HANG_MS * (10 + i)), 0);
}

static void
one_that_cannot_be_looked_at_may_answer(void **state)
{
    MomQemuLook look = {.state = 'T', .since_us = 1};

    assert_int_equal(mom_qemu_silence_look(&look, "/nonexistent", 1, 1000 * MS), 0);
    assert_int_equal(look.state, 0);
}

static void
the_kernel_s_word_is_understood(void **state)
{
    MomQemuLook look = {0};
    pid_t pid = fork();
    int status;

    assert_true(pid >= 0);
    if (pid == 0)
        for (;;)
            pause();
    assert_int_equal(mom_qemu_silence_look(&look, "/", pid, 0), 0);
    assert_int_equal(kill(pid, SIGSTOP), 0);
    assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
    assert_true(WIFSTOPPED(status));
    assert_true(mom_qemu_silence_look(&look, "/", pid, 0) > 0);
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_that_runs_or_sleeps_may_answer),
        cmocka_unit_test(one_that_was_stopped_cannot_from_the_first_look_on),
        cmocka_unit_test(one_that_waits_in_the_kernel_may_until_it_has_not_run_for_long),
        cmocka_unit_test(one_that_swaps_goes_on_answering),
        cmocka_unit_test(one_that_cannot_be_looked_at_may_answer),
        cmocka_unit_test(the_kernel_s_word_is_understood),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
