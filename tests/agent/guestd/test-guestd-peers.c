/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Who may ask mom-guestd: lists as they are written, and addresses held against them.
 */
#include "tests/mom-test.h"

#include <arpa/inet.h>
#include <linux/vm_sockets.h>
#include <string.h>

#include "agent/guestd/peers.h"

/* WHO: an address, or "cid:N". */
static gboolean
allows(const char *list, const char *who)
{
    MomPeers peers = {.n = 0};
    struct sockaddr_in ipv4 = {.sin_family = AF_INET};
    struct sockaddr_in6 ipv6 = {.sin6_family = AF_INET6};
    struct sockaddr_vm vm = {.svm_family = AF_VSOCK};
    const char *wrong;

    assert_true(mom_peers_parse(&peers, list, &wrong));
    if (g_str_has_prefix(who, "cid:")) {
        vm.svm_cid = (unsigned)g_ascii_strtoull(who + 4, NULL, 10);
        return mom_peers_allow(&peers, (const struct sockaddr *)&vm);
    }
    if (inet_pton(AF_INET, who, &ipv4.sin_addr) == 1)
        return mom_peers_allow(&peers, (const struct sockaddr *)&ipv4);
    assert_int_equal(inet_pton(AF_INET6, who, &ipv6.sin6_addr), 1);
    return mom_peers_allow(&peers, (const struct sockaddr *)&ipv6);
}

static void
a_list_is_exact(void **state)
{
    static const struct {
        const char *list, *who;
        gboolean allowed;
    } rows[] = {
        {"", "192.0.2.1", TRUE},
        {"", "2001:db8::1", TRUE},
        {"", "cid:2", TRUE},
        {"", "cid:1", FALSE},
        {"", "cid:5", FALSE},
        {" , ,", "192.0.2.1", TRUE},
        {"192.0.2.1", "192.0.2.1", TRUE},
        {"192.0.2.1", "192.0.2.2", FALSE},
        {"192.0.2.1", "::ffff:192.0.2.1", TRUE},
        {"::ffff:192.0.2.1", "192.0.2.1", TRUE},
        {"192.0.2.1", "cid:2", FALSE},
        {"cid:2", "192.0.2.1", FALSE},
        {"cid:2,cid:7", "cid:7", TRUE},
        {"cid:2,cid:7", "cid:3", FALSE},
        {"192.0.2.0/24", "192.0.2.255", TRUE},
        {"192.0.2.0/24", "192.0.3.0", FALSE},
        {"192.0.2.77/25", "192.0.2.5", TRUE},
        {"192.0.2.77/25", "192.0.2.128", FALSE},
        {"10.0.0.0/8 192.0.2.1", "10.255.3.4", TRUE},
        {"0.0.0.0/0", "203.0.113.9", TRUE},
        {"0.0.0.0/0", "2001:db8::1", FALSE},
        {"::/0", "203.0.113.9", TRUE},
        {"2001:db8::/33", "2001:db8:7fff::1", TRUE},
        {"2001:db8::/33", "2001:db8:8000::1", FALSE},
        {"2001:db8::1/128", "2001:db8::1", TRUE},
        {"2001:db8::1/128", "2001:db8::2", FALSE},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (allows(rows[i].list, rows[i].who) != rows[i].allowed)
            print_error("%s by \"%s\"\n", rows[i].who, rows[i].list);
        assert_int_equal(allows(rows[i].list, rows[i].who), rows[i].allowed);
    }
}

static void
what_is_no_peer_is_an_error_with_its_place(void **state)
{
    static const char *const wrong_ones[] = {
        "host.example.org", "192.0.2",        "192.0.2.1/33", "192.0.2.1/",
        "192.0.2.1/x",      "2001:db8::/129", "cid:",         "cid:-1",
        "cid:4294967296",   "cid:2x",         "/8",           "192.0.2.1/+8",
    };
    g_autofree char *long_one = g_strnfill(MOM_PEER_TEXT, '1');

    for (gsize i = 0; i < G_N_ELEMENTS(wrong_ones); i++) {
        g_autofree char *list = g_strconcat("10.0.0.1, ", wrong_ones[i], " , cid:2", NULL);
        MomPeers peers = {.n = 0};
        const char *wrong = NULL;

        assert_false(mom_peers_parse(&peers, list, &wrong));
        assert_ptr_equal(wrong, list + strlen("10.0.0.1, "));
    }
    assert_false(mom_peers_parse(&(MomPeers){.n = 0}, long_one, &(const char *){NULL}));
}

static void
there_are_only_so_many(void **state)
{
    g_autoptr(GString) list = g_string_new(NULL);
    MomPeers peers = {.n = 0};
    const char *wrong;

    for (int i = 0; i < MOM_PEERS_MAX; i++)
        g_string_append_printf(list, "cid:%d ", i);
    assert_true(mom_peers_parse(&peers, list->str, &wrong));
    assert_int_equal(peers.n, MOM_PEERS_MAX);
    assert_false(mom_peers_parse(&peers, "cid:2", &wrong));
}

static void
other_families_are_refused(void **state)
{
    const MomPeers peers = {.n = 0};
    const struct sockaddr address = {.sa_family = AF_UNIX};

    assert_false(mom_peers_allow(&peers, &address));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_is_exact),
        cmocka_unit_test(what_is_no_peer_is_an_error_with_its_place),
        cmocka_unit_test(there_are_only_so_many),
        cmocka_unit_test(other_families_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
