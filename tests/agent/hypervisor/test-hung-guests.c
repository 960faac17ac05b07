/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Who hangs, and what is told of it.
 */
#include "agent/hypervisor/hung-guests.h"

#include <string.h>

#include "libvirt-client/changeable.h"
#include "tests/agent/kept-log.h"
#include "tests/mom-test.h"

static void
add(GPtrArray *guests, const char *uuid, gboolean reached, guint64 held_ms)
{
    MomVirtGuest *guest = g_new0(MomVirtGuest, 1);

    g_strlcpy(guest->uuid, uuid, sizeof guest->uuid);
    guest->name = g_strconcat("name-", uuid, NULL);
    guest->reached = reached;
    guest->held_ms = held_ms;
    g_ptr_array_add(guests, guest);
}

/* A reading of guest a, which is well, and of b. */
static void
update(MomHungGuests *hung, gboolean reached, guint64 held_ms)
{
    g_autoptr(GPtrArray) guests =
        g_ptr_array_new_with_free_func((GDestroyNotify)mom_virt_guest_free);

    g_string_truncate(told, 0);
    add(guests, "a", TRUE, 0);
    add(guests, "b", reached, held_ms);
    mom_hung_guests_update(hung, guests);
    assert_false(mom_hung_guests_contain(hung, "a"));
}

static void
one_that_is_asked_by_somebody_else_does_not_hang(void **state)
{
    g_autoptr(MomHungGuests) hung = mom_hung_guests_new();

    update(hung, FALSE, 0);
    update(hung, FALSE, MOM_VIRT_HANG_MS - 1);
    assert_false(mom_hung_guests_contain(hung, "b"));
    assert_string_equal(told->str, "");
}

static void
one_that_hangs_is_told_once_by_name_and_once_when_it_is_over(void **state)
{
    g_autoptr(MomHungGuests) hung = mom_hung_guests_new();

    update(hung, FALSE, MOM_VIRT_HANG_MS);
    assert_true(mom_hung_guests_contain(hung, "b"));
    assert_true(g_str_has_prefix(told->str, "W:Guest name-b (b) hangs: "));
    for (int i = 1; i < 4; i++) {
        update(hung, FALSE, MOM_VIRT_HANG_MS * i);
        assert_string_equal(told->str, "");
    }
    update(hung, FALSE, 0); /* libvirtd was started anew: it has not been at it for long */
    assert_true(mom_hung_guests_contain(hung, "b"));
    update(hung, TRUE, 0);
    assert_string_equal(told->str, "I:Guest name-b (b) answers again;");
    assert_false(mom_hung_guests_contain(hung, "b"));
    update(hung, TRUE, 0);
    assert_string_equal(told->str, "");
    update(hung, FALSE, MOM_VIRT_HANG_MS);
    assert_true(strlen(told->str) > 0);
}

static void
one_that_is_gone_is_forgotten(void **state)
{
    g_autoptr(MomHungGuests) hung = mom_hung_guests_new();
    g_autoptr(GPtrArray) none = g_ptr_array_new();

    update(hung, FALSE, MOM_VIRT_HANG_MS);
    mom_hung_guests_update(hung, none);
    assert_false(mom_hung_guests_contain(hung, "b"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_that_is_asked_by_somebody_else_does_not_hang),
        cmocka_unit_test(one_that_hangs_is_told_once_by_name_and_once_when_it_is_over),
        cmocka_unit_test(one_that_is_gone_is_forgotten),
    };
    int failed;

    kept_log_begin();
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    kept_log_end();
    return failed;
}
