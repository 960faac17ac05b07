/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A source without data: who is told what, and how often.
 */
#include "agent/engine/silence.h"

#include <gio/gio.h>

#include "tests/agent/kept-log.h"
#include "tests/mom-test.h"

static void
goes_on(MomSilence *silence, int code)
{
    g_autoptr(GError) error = g_error_new_literal(G_IO_ERROR, code, "why");

    for (guint i = 0; i < 3; i++)
        mom_silence_goes_on(silence, error);
}

static void
test_each_kind_is_told_as_it_must_be(void **state)
{
    MomSilence silence;

    g_string_truncate(told, 0);
    mom_silence_init(&silence, "test", "vdsm");
    mom_silence_end(&silence);
    goes_on(&silence, G_IO_ERROR_NOT_CONNECTED);
    assert_string_equal(silence.fault.message, "No guest data from vdsm, nothing is decided: why");
    mom_silence_end(&silence);
    assert_string_equal(told->str, "");
    goes_on(&silence, G_IO_ERROR_BUSY);
    goes_on(&silence, G_IO_ERROR_NOT_CONNECTED);
    goes_on(&silence, G_IO_ERROR_BUSY);
    mom_silence_end(&silence);
    assert_string_equal(told->str, "I:Waiting for vdsm, nothing is decided: why;"
                                   "I:Waiting for vdsm, nothing is decided: why;"
                                   "I:vdsm is ready;");
    g_string_truncate(told, 0);
    goes_on(&silence, G_IO_ERROR_FAILED);
    mom_silence_end(&silence);
    mom_silence_end(&silence);
    assert_string_equal(told->str, "W:No guest data from vdsm, nothing is decided: why;"
                                   "I:Guest data comes again;");
    goes_on(&silence, G_IO_ERROR_FAILED);
    mom_silence_clear(&silence);
}

static void
test_what_was_told_of_one_source_is_not_ended_by_another(void **state)
{
    MomSilence silence;

    g_string_truncate(told, 0);
    mom_silence_init(&silence, "test", "vdsm");
    goes_on(&silence, G_IO_ERROR_BUSY);
    mom_silence_turn_to(&silence, "libvirt");
    mom_silence_end(&silence);
    assert_string_equal(told->str, "I:Waiting for vdsm, nothing is decided: why;");
    g_string_truncate(told, 0);
    goes_on(&silence, G_IO_ERROR_FAILED);
    mom_silence_turn_to(&silence, "libvirt");
    mom_silence_end(&silence);
    assert_string_equal(told->str, "W:No guest data from libvirt, nothing is decided: why;"
                                   "I:Guest data comes again;");
    mom_silence_clear(&silence);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_kind_is_told_as_it_must_be),
        cmocka_unit_test(test_what_was_told_of_one_source_is_not_ended_by_another),
    };
    int failed;

    kept_log_begin();
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    kept_log_end();
    return failed;
}
