/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Bulk answers as QEMU's driver gives them, and the cache of what the domain XML says.
 */
#include "libvirt-client/guest.h"

#include <string.h>

#include "tests/mom-test.h"

#define PLAIN "22222222-2222-2222-2222-222222222222"

static int
setup(void **state)
{
    g_autofree char *uri =
        g_strdup_printf("test://%s/tests/libvirt-client/node.xml", g_getenv("MOM_SOURCE_ROOT"));

    *state = virConnectOpen(uri);
    return *state != NULL ? 0 : 1;
}

static int
teardown(void **state)
{
    virConnectClose(*state);
    return 0;
}

static MomVirtGuest *
guest_from(MomVirtParams *params)
{
    MomVirtGuest *guest = g_new0(MomVirtGuest, 1);

    mom_virt_guest_take(guest, params->items, params->n);
    mom_virt_params_clear(params);
    return guest;
}

static void
each_statistic_has_its_name_in_the_bulk_answer(void **state)
{
    static const struct {
        const char *name;
        MomVirtStat stat;
    } rows[] = {
        {"balloon.current", MOM_VIRT_BALLOON_CURRENT_KIB},
        {"balloon.maximum", MOM_VIRT_BALLOON_MAXIMUM_KIB},
        {"balloon.swap_in", MOM_VIRT_SWAP_IN_KIB},
        {"balloon.swap_out", MOM_VIRT_SWAP_OUT_KIB},
        {"balloon.major_fault", MOM_VIRT_MAJOR_FAULTS},
        {"balloon.minor_fault", MOM_VIRT_MINOR_FAULTS},
        {"balloon.unused", MOM_VIRT_UNUSED_KIB},
        {"balloon.available", MOM_VIRT_AVAILABLE_KIB},
        {"balloon.usable", MOM_VIRT_USABLE_KIB},
        {"balloon.disk_caches", MOM_VIRT_DISK_CACHES_KIB},
        {"balloon.last-update", MOM_VIRT_LAST_UPDATE_S},
        {"balloon.rss", MOM_VIRT_RSS_KIB},
    };

    assert_int_equal(G_N_ELEMENTS(rows), MOM_VIRT_N_STATS);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        MomVirtParams params = {0};
        MomVirtGuest *guest;

        virTypedParamsAddULLong(&params.items, &params.n, &params.allocated, rows[i].name, 40 + i);
        guest = guest_from(&params);
        assert_int_equal(guest->present, 1 << rows[i].stat);
        assert_int_equal(guest->value[rows[i].stat], 40 + i);
        mom_virt_guest_free(guest);
    }
}

static void
odd_values_cost_only_themselves(void **state)
{
    MomVirtParams params = {0};
    MomVirtGuest *guest;
    guint64 value = 0;

    virTypedParamsAddString(&params.items, &params.n, &params.allocated, "balloon.current", "many");
    virTypedParamsAddInt(&params.items, &params.n, &params.allocated, "balloon.maximum", -1);
    virTypedParamsAddLLong(&params.items, &params.n, &params.allocated, "balloon.swap_in", -1);
    virTypedParamsAddDouble(&params.items, &params.n, &params.allocated, "balloon.swap_out", 1.5);
    virTypedParamsAddULLong(&params.items, &params.n, &params.allocated, "block.0.rd.bytes", 7);
    virTypedParamsAddUInt(&params.items, &params.n, &params.allocated, "balloon.unused", 5);
    virTypedParamsAddInt(&params.items, &params.n, &params.allocated, "balloon.usable", 6);
    guest = guest_from(&params);
    assert_int_equal(guest->present, 1 << MOM_VIRT_UNUSED_KIB | 1 << MOM_VIRT_USABLE_KIB);
    assert_true(mom_virt_guest_get(guest, MOM_VIRT_UNUSED_KIB, &value));
    assert_int_equal(value, 5);
    mom_virt_guest_free(guest);
}

static GPtrArray *
read_all(virConnectPtr connection, MomVirtCache *cache)
{
    g_autoptr(GError) error = NULL;
    const MomVirtReading reading = {.portion_us = G_MAXINT64};
    GPtrArray *guests = g_ptr_array_new_with_free_func((GDestroyNotify)mom_virt_guest_free);

    assert_ok(mom_virt_guests_read(connection, cache, &reading, guests, &error));
    return guests;
}

static MomVirtDomain *
domain_of(virConnectPtr connection, MomVirtCache *cache)
{
    g_autoptr(GPtrArray) guests = read_all(connection, cache);

    for (guint i = 0; i < guests->len; i++) {
        MomVirtGuest *guest = guests->pdata[i];

        if (strcmp(guest->uuid, PLAIN) == 0)
            return mom_virt_domain_ref(guest->domain);
    }
    return NULL;
}

static void
a_guest_s_text_is_kept_until_it_is_dropped(void **state)
{
    MomVirtCache *cache = mom_virt_cache_new();
    g_autoptr(MomVirtDomain) first = domain_of(*state, cache);
    g_autoptr(MomVirtDomain) second = domain_of(*state, cache);
    g_autoptr(MomVirtDomain) third = NULL;
    g_autoptr(MomVirtDomain) fourth = NULL;

    assert_int_equal(mom_virt_cache_size(cache), 2);
    assert_ptr_equal(first, second);
    mom_virt_cache_drop(cache, PLAIN);
    assert_int_equal(mom_virt_cache_size(cache), 1);
    third = domain_of(*state, cache);
    assert_ptr_not_equal(third, first);
    mom_virt_cache_drop(cache, NULL);
    fourth = domain_of(*state, cache);
    assert_ptr_not_equal(fourth, third);
    assert_int_equal(mom_virt_cache_size(cache), 2);
    mom_virt_cache_unref(cache);
}

static void
a_guest_that_stopped_or_started_anew_is_not_remembered(void **state)
{
    MomVirtCache *cache = mom_virt_cache_new();
    g_autoptr(virDomain) domain = virDomainLookupByUUIDString(*state, PLAIN);
    g_autoptr(MomVirtDomain) first = domain_of(*state, cache);
    g_autoptr(MomVirtDomain) second = NULL;

    /* no event reaches the cache here: the run's id must tell */
    assert_int_equal(virDomainDestroy(domain), 0);
    assert_int_equal(virDomainCreate(domain), 0);
    second = domain_of(*state, cache);
    assert_ptr_not_equal(second, first);
    assert_int_not_equal(second->run, first->run);

    assert_int_equal(virDomainDestroy(domain), 0);
    assert_null(domain_of(*state, cache));
    assert_int_equal(mom_virt_cache_size(cache), 1);
    mom_virt_cache_unref(cache);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_statistic_has_its_name_in_the_bulk_answer),
        cmocka_unit_test(odd_values_cost_only_themselves),
        cmocka_unit_test_setup_teardown(a_guest_s_text_is_kept_until_it_is_dropped, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_guest_that_stopped_or_started_anew_is_not_remembered,
                                        setup, teardown),
    };

    /* Typed parameters are used here before any connection, which would do it. */
    if (virInitialize() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
