/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * An outage is told when it begins and when it ends, and between them only what is to be mended.
 */
#include "agent/outage.h"

#include "tests/agent/kept-log.h"
#include "tests/mom-test.h"

static void
test_however_its_cause_changes_it_is_told_once(void **state)
{
    MomOutage outage = MOM_OUTAGE_INIT("test");

    g_string_truncate(told, 0);
    mom_outage_end(&outage, "never began");
    mom_outage_goes_on(&outage, "closed", FALSE);
    for (guint i = 0; i < 1000; i++) {
        mom_outage_goes_on(&outage, "refused", FALSE);
        mom_outage_goes_on(&outage, "closed", FALSE);
    }
    assert_true(mom_outage_stands(&outage));
    mom_outage_end(&outage, "back");
    mom_outage_end(&outage, "back");
    assert_false(mom_outage_stands(&outage));
    mom_outage_goes_on(&outage, "refused", FALSE);
    mom_outage_clear(&outage);
    assert_string_equal(told->str, "W:closed;I:back;W:refused;");
}

static void
test_what_is_to_be_mended_is_told_once_each(void **state)
{
    MomOutage outage = MOM_OUTAGE_INIT("test");

    g_string_truncate(told, 0);
    mom_outage_goes_on(&outage, "refused", FALSE);
    for (guint i = 0; i < 1000; i++) {
        mom_outage_goes_on(&outage, "no key", TRUE);
        mom_outage_goes_on(&outage, "refused", FALSE);
        mom_outage_goes_on(&outage, "wrong CA", TRUE);
    }
    mom_outage_end(&outage, "back");
    mom_outage_goes_on(&outage, "no key", TRUE);
    mom_outage_goes_on(&outage, "refused", FALSE);
    mom_outage_clear(&outage);
    assert_string_equal(told->str, "W:refused;W:no key;W:wrong CA;I:back;W:no key;");
}

static void
test_causes_that_never_end_are_not_told_for_ever(void **state)
{
    MomOutage outage = MOM_OUTAGE_INIT("test");
    guint lines = 0;

    g_string_truncate(told, 0);
    for (guint i = 0; i < 1000; i++) {
        g_autofree char *message = g_strdup_printf("odd %u", i);

        mom_outage_goes_on(&outage, message, TRUE);
    }
    for (const char *at = told->str; *at; at++)
        lines += *at == ';';
    assert_int_equal(lines, MOM_OUTAGE_MAX_TOLD);
    mom_outage_clear(&outage);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_however_its_cause_changes_it_is_told_once),
        cmocka_unit_test(test_what_is_to_be_mended_is_told_once_each),
        cmocka_unit_test(test_causes_that_never_end_are_not_told_for_ever),
    };
    int failed;

    kept_log_begin();
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    kept_log_end();
    return failed;
}
