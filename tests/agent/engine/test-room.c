/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The host's room shared out: what is owed, who is in need, the same part for all, never more than
 * there is.
 */
#include "agent/engine/room.h"

#include "tests/mom-test.h"

#define N 3

static void
test_shares(void **state)
{
    static const struct {
        gint64 room;
        MomRoomShare shares[N]; /* owed, lack, in need, and what is to be given */
    } rows[] = {
        {300, {{0, 100, FALSE, 100}, {0, 100, FALSE, 100}, {0, 100, FALSE, 100}}},
        {1000, {{0, 100, FALSE, 100}, {0, 0, FALSE, 0}, {0, 100, TRUE, 100}}},
        {150, {{0, 100, FALSE, 50}, {0, 100, FALSE, 50}, {0, 100, FALSE, 50}}},
        {100, {{0, 100, FALSE, 25}, {0, 300, FALSE, 75}, {0, 0, FALSE, 0}}},
        {150, {{0, 100, FALSE, 25}, {0, 100, TRUE, 100}, {0, 100, FALSE, 25}}},
        {50, {{0, 100, FALSE, 0}, {0, 100, TRUE, 25}, {0, 100, TRUE, 25}}},
        {100, {{60, 100, FALSE, 73}, {0, 80, FALSE, 26}, {0, 0, FALSE, 0}}},
        {0, {{60, 100, FALSE, 60}, {0, 80, TRUE, 0}, {0, 0, FALSE, 0}}},
        {-10, {{60, 100, FALSE, 60}, {0, 80, TRUE, 0}, {0, 0, FALSE, 0}}},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        MomRoomShare shares[N];

        for (gsize k = 0; k < N; k++) {
            shares[k] = rows[i].shares[k];
            shares[k].given_kib = -1;
        }
        mom_room_share(shares, N, rows[i].room);
        for (gsize k = 0; k < N; k++)
            assert_int_equal(shares[k].given_kib, rows[i].shares[k].given_kib);
    }
    mom_room_share(NULL, 0, 10);
}

/* Whatever is lacked and owed, nobody gets more than that, and all together no more than there is.
 */
static void
test_bounds(void **state)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(20241);

    for (int round = 0; round < 10000; round++) {
        gint64 room = g_rand_int_range(rand, 0, 1000000), given = 0, owed = 0;
        MomRoomShare shares[N];

        for (gsize k = 0; k < N; k++) {
            shares[k] = (MomRoomShare){.lack_kib = g_rand_int_range(rand, 0, 1000000),
                                       .in_need = g_rand_boolean(rand)};
            if (g_rand_boolean(rand))
                shares[k].owed_kib = shares[k].lack_kib / 2;
        }
        mom_room_share(shares, N, room);
        for (gsize k = 0; k < N; k++) {
            assert_true(shares[k].given_kib >= shares[k].owed_kib);
            assert_true(shares[k].given_kib <= shares[k].lack_kib);
            given += shares[k].given_kib;
            owed += shares[k].owed_kib;
        }
        assert_true(given <= MAX(room, owed));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shares),
        cmocka_unit_test(test_bounds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
