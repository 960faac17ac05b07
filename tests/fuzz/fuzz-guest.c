/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Fuzzes what momd hears of guests: answers of mom-guestd, and what a helper program prints.
 *
 * What was read is within the bounds that collectors rely on.  Run by tests/fuzz/run.
 */
#include <stdint.h>
#include <stdlib.h>

#include "agent/pollers/guest-address.h"
#include "agent/pollers/guestd-answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(const MomAnswer *answer)
{
    for (guint i = 0; i < MOM_ANSWER_NUMBERS; i++) {
        MomValue v = answer->number[i];

        if ((v.type == MOM_VALUE_INT && v.integer < 0) ||
            (v.type == MOM_VALUE_FLOAT && !(v.real >= 0 && v.real <= 100)) ||
            (v.type != MOM_VALUE_INT && v.type != MOM_VALUE_FLOAT && v.type != MOM_VALUE_NIL))
            abort();
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    MomAnswer answer;
    MomGuestAddress address;

    if (mom_guestd_answer_parse(text, &answer))
        check(&answer);
    if (mom_guest_address_find(&address, text, 2187)) {
        g_autofree char *told = mom_guest_address_to_text(&address);

        if (address.length > sizeof address.socket || !*told)
            abort();
    }
    return 0;
}
