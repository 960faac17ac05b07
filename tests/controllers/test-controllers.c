/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The list of controllers, and that one guest's trouble stays its own.
 */
#include "tests/controllers/recorder.h"

static void
names_of_the_configuration_are_found(void **state)
{
    static const char *const names[] = {"Balloon", "KSM", "CpuTune", "IoTune"};

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        const MomController *controller = mom_controller_find(names[i]);

        assert_non_null(controller);
        assert_string_equal(controller->name, names[i]);
        assert_non_null(controller->controls);
    }
    assert_null(mom_controller_find("balloon"));
    assert_null(mom_controller_find(""));
}

static void
every_controller_has_a_name_of_its_own(void **state)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

    for (gsize i = 0; mom_controllers[i]->name; i++) {
        assert_true(g_hash_table_add(seen, (gpointer)mom_controllers[i]->name));
        assert_non_null(mom_controllers[i]->apply);
    }
    assert_int_equal(g_hash_table_size(seen), 4);
}

static void
controls_are_listed_for_the_checker(void **state)
{
    const MomController *ksm = mom_controller_find("KSM");

    assert_string_equal(mom_controller_find("Balloon")->controls[0], "balloon_target");
    assert_string_equal(mom_controller_find("CpuTune")->controls[1], "vcpu_period");
    assert_int_equal(g_strv_length((char **)(gpointer)ksm->controls), MOM_N_KSM_KEYS);
    assert_null(mom_controller_find("IoTune")->controls[0]);
}

static void
nothing_wished_is_nothing_called(void **state)
{
    g_autoptr(Recorder) recorder = recorder_new();
    g_autoptr(MomEntity) host = entity_with(NULL, NULL, 0);
    g_autoptr(MomEntity) guest = entity_with("u0", NULL, 0);

    for (gsize i = 0; mom_controllers[i]->name; i++)
        run_controller(recorder, mom_controllers[i]->name, host, guest, NULL);
    assert_calls(recorder, "");
    assert_string_equal(recorder->complaints->str, "");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_the_configuration_are_found),
        cmocka_unit_test(every_controller_has_a_name_of_its_own),
        cmocka_unit_test(controls_are_listed_for_the_checker),
        cmocka_unit_test(nothing_wished_is_nothing_called),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
