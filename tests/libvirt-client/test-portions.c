/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Of many guests that are new at once their domain XML is read in portions: by a libvirt that has
 * as many as a test wants.
 */
#include <libvirt/libvirt.h>

#include "libvirt-client/guest.h"
#include "tests/libvirt-client/fake-libvirt.h"
#include "tests/mom-test.h"

#define N_GUESTS 8

static guint
count_known(GPtrArray *guests)
{
    guint n = 0;

    for (guint i = 0; i < guests->len; i++)
        n += ((const MomVirtGuest *)guests->pdata[i])->domain != NULL;
    return n;
}

static void
of_many_new_guests_each_reading_takes_a_portion(void **state)
{
    g_autoptr(GError) error = NULL;
    const MomVirtReading reading = {.portion_us = 0};
    MomVirtCache *cache = mom_virt_cache_new();
    virConnectPtr connection;

    fake_start(N_GUESTS);
    connection = virConnectOpenAuth(NULL, NULL, 0);
    for (guint round = 1; round <= 2 * N_GUESTS; round++) {
        g_autoptr(GPtrArray) guests =
            g_ptr_array_new_with_free_func((GDestroyNotify)mom_virt_guest_free);

        if (round == N_GUESTS + 1)
            mom_virt_cache_drop(cache, NULL); /* known all the same, and read one by one again */
        assert_ok(mom_virt_guests_read(connection, cache, &reading, guests, &error));
        assert_int_equal(guests->len, N_GUESTS);
        assert_int_equal(count_known(guests), MIN(round, N_GUESTS));
        assert_int_equal(fake_calls("virDomainGetXMLDesc"), round);
    }
    mom_virt_cache_unref(cache);
    virConnectClose(connection);
    fake_stop();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_many_new_guests_each_reading_takes_a_portion),
    };

    g_assert_cmpint(virInitialize(), ==, 0); /* errors are libvirt's own, per thread */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
