/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The list of collectors, and that the stock configuration's names are in it.
 */
#include "tests/agent/collectors/host-root.h"

static void
names_of_the_configuration_are_found(void **state)
{
    const struct {
        const char *name;
        gboolean for_host;
    } cases[] = {
        {"HostMemory", TRUE},
        {"HostKSM", TRUE},
        {"HostCpu", TRUE},
        {"HostTime", TRUE},
        {"HostPressure", TRUE},
        {"HostNuma", TRUE},
        {"HostHugepages", TRUE},
        {"GuestMemory", FALSE},
        {"GuestMemoryOptional", FALSE},
        {"GuestBalloon", FALSE},
        {"GuestBalloonOptional", FALSE},
        {"GuestCpuTune", FALSE},
        {"GuestIoTune", FALSE},
        {"GuestIoTuneOptional", FALSE},
        {"GuestQemuProc", FALSE},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        const MomCollector *collector = mom_collector_find(cases[i].name);

        assert_non_null(collector);
        assert_string_equal(collector->name, cases[i].name);
        assert_int_equal(collector->for_host, cases[i].for_host);
    }
    assert_null(mom_collector_find("hostmemory"));
    assert_null(mom_collector_find(""));
}

static void
every_collector_is_whole(void **state)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

    for (gsize i = 0; mom_collectors[i]; i++) {
        const MomCollector *collector = mom_collectors[i];

        assert_true(g_hash_table_add(seen, (gpointer)collector->name));
        assert_non_null(collector->fields);
        assert_non_null(collector->optional);
        assert_non_null(collector->collect);
        assert_true(collector->fields[0] || collector->optional[0]);
        assert_int_equal(!collector->state_new, !collector->state_free);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_the_configuration_are_found),
        cmocka_unit_test(every_collector_is_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
