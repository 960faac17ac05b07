/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See guestd-answer.h.
 */
#include "agent/pollers/guestd-answer.h"

#include <string.h>

#include "agent/guestd/protocol.h"

/* More than any guest has, and exact as a floating-point number too. */
#define MOST G_GINT64_CONSTANT(9007199254740992)
#define MOST_HUNDREDTHS 10000
#define DIGITS 20

static const struct {
    const char *key;
    gint64 most;
    gboolean is_hundredths;
} keys[MOM_GUESTD_N] = {
    [MOM_GUESTD_AVAILABLE] = {MOM_GUESTD_KEY_AVAILABLE, MOST},
    [MOM_GUESTD_UNUSED] = {MOM_GUESTD_KEY_UNUSED, MOST},
    [MOM_GUESTD_SWAP_IN] = {MOM_GUESTD_KEY_SWAP_IN, MOST},
    [MOM_GUESTD_SWAP_OUT] = {MOM_GUESTD_KEY_SWAP_OUT, MOST},
    [MOM_GUESTD_MAJOR_FAULT] = {MOM_GUESTD_KEY_MAJOR_FAULT, MOST},
    [MOM_GUESTD_MINOR_FAULT] = {MOM_GUESTD_KEY_MINOR_FAULT, MOST},
    [MOM_GUESTD_VERSION] = {MOM_GUESTD_KEY_VERSION, MOST},
    [MOM_GUESTD_USABLE] = {MOM_GUESTD_KEY_USABLE, MOST},
    [MOM_GUESTD_SWAP_TOTAL] = {MOM_GUESTD_KEY_SWAP_TOTAL, MOST},
    [MOM_GUESTD_SWAP_USAGE] = {MOM_GUESTD_KEY_SWAP_USAGE, MOST},
    [MOM_GUESTD_SOME_AVG10] = {MOM_GUESTD_KEY_SOME_AVG10, MOST_HUNDREDTHS, TRUE},
    [MOM_GUESTD_FULL_AVG10] = {MOM_GUESTD_KEY_FULL_AVG10, MOST_HUNDREDTHS, TRUE},
    [MOM_GUESTD_SOME_TOTAL_US] = {MOM_GUESTD_KEY_SOME_TOTAL, MOST},
    [MOM_GUESTD_FULL_TOTAL_US] = {MOM_GUESTD_KEY_FULL_TOTAL, MOST},
};

G_STATIC_ASSERT(MOM_GUESTD_N <= MOM_ANSWER_NUMBERS);

static gboolean
parse_number(const char *text, gsize length, gint64 most, gint64 *out)
{
    char digits[DIGITS + 1];

    if (length == 0 || length > DIGITS || !g_ascii_isdigit(*text))
        return FALSE;
    memcpy(digits, text, length);
    digits[length] = '\0';
    return g_ascii_string_to_signed(digits, 10, 0, most, out, NULL);
}

/* One "key:number" of LENGTH bytes; TRUE if it is one of ours. */
static gboolean
take(const char *item, gsize length, MomAnswer *answer)
{
    const char *colon = memchr(item, ':', length);
    gsize key_length = colon ? (gsize)(colon - item) : 0;
    gint64 number;

    for (guint i = 0; colon && i < MOM_GUESTD_N; i++) {
        if (strlen(keys[i].key) != key_length || memcmp(keys[i].key, item, key_length) != 0)
            continue;
        if (!parse_number(colon + 1, length - key_length - 1, keys[i].most, &number))
            return FALSE;
        answer->number[i] =
            keys[i].is_hundredths ? mom_value_float((double)number / 100) : mom_value_int(number);
        return TRUE;
    }
    return FALSE;
}

static gboolean
exceeds(const MomAnswer *answer, MomGuestdNumber part, MomGuestdNumber whole)
{
    gint64 a, b;

    return mom_value_to_int(answer->number[part], &a) &&
           mom_value_to_int(answer->number[whole], &b) && a > b;
}

/* A part that is more than its whole says that one of them is wrong, and not which. */
static void
drop_what_cannot_be(MomAnswer *answer)
{
    static const MomGuestdNumber pairs[][2] = {
        {MOM_GUESTD_UNUSED, MOM_GUESTD_AVAILABLE},
        {MOM_GUESTD_USABLE, MOM_GUESTD_AVAILABLE},
        {MOM_GUESTD_SWAP_USAGE, MOM_GUESTD_SWAP_TOTAL},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(pairs); i++)
        if (exceeds(answer, pairs[i][0], pairs[i][1]))
            answer->number[pairs[i][0]] = answer->number[pairs[i][1]] = MOM_NIL;
}

gboolean
mom_guestd_answer_parse(const char *line, MomAnswer *out)
{
    MomAnswer answer = {0};
    gboolean any = FALSE;

    for (const char *item = line; item;) {
        gsize length = strcspn(item, ",");

        any = take(item, length, &answer) || any;
        item = item[length] ? item + length + 1 : NULL;
    }
    if (!any)
        return FALSE;
    drop_what_cannot_be(&answer);
    *out = answer;
    return TRUE;
}
