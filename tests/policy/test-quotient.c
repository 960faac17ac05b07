/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The quotient of whole numbers: rounded once, ties to even.
 *
 * The expected bits were worked out by hand or are exact by construction.
 */
#include "policy/quotient.h"

#include "tests/mom-test.h"

#include <math.h>

#define POWER(n) ((__int128)1 << (n))

static void
expect(__int128 a, gint64 b, double wanted)
{
    double found = mom_quotient(a, b);

    if (found != wanted || signbit(found) != signbit(wanted)) {
        print_error("%.17g, wanted %.17g\n", found, wanted);
        fail();
    }
}

static void
small_numbers_divide_as_floats_do(void **state)
{
    expect(6, 3, 2.0);
    expect(1, 3, 1.0 / 3.0);
    expect(-7, 2, -3.5);
    expect(0, -5, -0.0);
    expect(0, 5, 0.0);
}

static void
large_numbers_round_once(void **state)
{
    /* 2^53 + 1 lies between two doubles: to even, down; 2^53 + 3: to even, up. */
    expect(POWER(53) + 1, 1, 0x1p53);
    expect(POWER(53) + 3, 1, 0x1.0000000000002p53);
    expect(-(POWER(53) + 3), 1, -0x1.0000000000002p53);
    /* Just above the tie: the rest decides. */
    expect((POWER(53) + 1) * 1024 + 1, 1024, 0x1.0000000000001p53);
    expect(G_MAXINT64, G_MAXINT64 - 1, 1.0);
    expect(G_MININT64, -1, 0x1p63);
    expect(1, G_MININT64, -0x1p-63);
}

static void
sums_beyond_64_bits_round_once(void **state)
{
    expect(POWER(70), 3, 0x1.5555555555555p68);
    expect(POWER(100), 1, 0x1p100);
    expect(POWER(100) + 1, 1, 0x1p100);
    expect(POWER(70) + POWER(17) + 1, 1, 0x1.0000000000001p70);
    expect((__int128)G_MAXINT64 * 4 + 3, 6, 0x1.5555555555555p62);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_numbers_divide_as_floats_do),
        cmocka_unit_test(large_numbers_round_once),
        cmocka_unit_test(sums_beyond_64_bits_round_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
