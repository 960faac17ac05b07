/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Addresses of guests, as they are written and as a helper program prints them.
 */
#include "tests/mom-test.h"

#include "agent/pollers/guest-address.h"

static char *
text_of(const char *text)
{
    MomGuestAddress address;

    return mom_guest_address_parse(&address, text, 2187) ? mom_guest_address_to_text(&address)
                                                         : g_strdup("none");
}

static void
addresses_are_numbers(void **state)
{
    static const struct {
        const char *text, *expected;
    } rows[] = {
        {"192.0.2.7", "192.0.2.7 port 2187"},
        {"2001:db8::7", "2001:db8::7 port 2187"},
        {"vsock:3", "vsock:3 port 2187"},
        {"vsock:4294967294", "vsock:4294967294 port 2187"},
        {"vsock:4294967295", "none"},
        {"vsock:2", "none"}, /* the host itself */
        {"vsock:0", "none"},
        {"vsock:", "none"},
        {"vsock:3x", "none"},
        {"vsock:+3", "none"},
        {"192.0.2.256", "none"},
        {"192.0.2", "none"},
        {"guest.example.org", "none"},
        {"", "none"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *text = text_of(rows[i].text);

        assert_string_equal(text, rows[i].expected);
    }
}

static void
a_helper_prints_one_address(void **state)
{
    static const struct {
        const char *output, *expected;
    } rows[] = {
        {"192.0.2.7\n", "192.0.2.7 port 5"},
        {"192.0.2.7", "192.0.2.7 port 5"},
        {"looking for vm0\n192.0.2.7 (vm0)\r\nfound\n", "192.0.2.7 port 5"},
        {"vsock:9\n", "vsock:9 port 5"},
        {"192.0.2.7\n192.0.2.8\n", NULL},
        {" 192.0.2.7\n", NULL}, /* as in the reference: a line begins with it */
        {"address 192.0.2.7\n", NULL},
        {"\n\n", NULL},
        {"", NULL},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        MomGuestAddress address;
        gboolean found = mom_guest_address_find(&address, rows[i].output, 5);
        g_autofree char *text = found ? mom_guest_address_to_text(&address) : NULL;

        assert_int_equal(found, rows[i].expected != NULL);
        if (found)
            assert_string_equal(text, rows[i].expected);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_numbers),
        cmocka_unit_test(a_helper_prints_one_address),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
