/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Requests in pieces, many at once, odd and too long.
 */
#include "tests/mom-test.h"

#include <string.h>

#include "agent/guestd/request.h"

static void
feed(MomRequestBuffer *buffer, const char *bytes, gsize length)
{
    size_t room;
    char *to = mom_request_room(buffer, &room);

    assert_true(length <= room);
    memcpy(to, bytes, length);
    mom_request_received(buffer, length);
}

static void
words_are_known_whole_and_alone(void **state)
{
    static const struct {
        const char *line;
        MomRequest expected;
    } rows[] = {
        {"stats\n", MOM_REQUEST_STATS},  {"props\n", MOM_REQUEST_PROPS},
        {"watch\n", MOM_REQUEST_WATCH},  {"stats\r\n", MOM_REQUEST_STATS},
        {"\n", MOM_REQUEST_WRONG},       {"stat\n", MOM_REQUEST_WRONG},
        {"statss\n", MOM_REQUEST_WRONG}, {"stats \n", MOM_REQUEST_WRONG},
        {"STATS\n", MOM_REQUEST_WRONG},  {"GET / HTTP/1.1\n", MOM_REQUEST_WRONG},
        {"stats", MOM_REQUEST_NONE},     {"", MOM_REQUEST_NONE},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        MomRequestBuffer buffer = {0};

        feed(&buffer, rows[i].line, strlen(rows[i].line));
        assert_int_equal(mom_request_next(&buffer), rows[i].expected);
    }
}

static void
bytes_may_come_as_they_like(void **state)
{
    static const char text[] = "stats\nprops\nstats\nwatch\n";
    static const MomRequest expected[] = {MOM_REQUEST_STATS, MOM_REQUEST_PROPS, MOM_REQUEST_STATS,
                                          MOM_REQUEST_WATCH};

    for (gsize piece = 1; piece < sizeof text; piece++) {
        MomRequestBuffer buffer = {0};
        gsize n = 0;

        for (gsize at = 0; at < strlen(text); at += piece) {
            MomRequest request;

            feed(&buffer, text + at, MIN(piece, strlen(text) - at));
            while ((request = mom_request_next(&buffer)) != MOM_REQUEST_NONE)
                assert_int_equal(request, expected[n++]);
        }
        assert_int_equal(n, G_N_ELEMENTS(expected));
    }
}

static void
a_line_has_an_end_or_is_wrong(void **state)
{
    MomRequestBuffer buffer = {0};
    size_t room;

    for (int i = 0; i < MOM_GUESTD_MAX_REQUEST; i++) {
        feed(&buffer, "x", 1);
        assert_int_equal(mom_request_next(&buffer), MOM_REQUEST_NONE);
    }
    feed(&buffer, "x", 1);
    mom_request_room(&buffer, &room);
    assert_int_equal(room, 0);
    assert_int_equal(mom_request_next(&buffer), MOM_REQUEST_WRONG);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_known_whole_and_alone),
        cmocka_unit_test(bytes_may_come_as_they_like),
        cmocka_unit_test(a_line_has_an_end_or_is_wrong),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
