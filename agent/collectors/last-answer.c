/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See last-answer.h.
 */
#include "agent/collectors/last-answer.h"

static void
set_lack(const MomCollectInput *input, MomSlowSource source, GError **error)
{
    g_autofree char *why =
        input->answers ? mom_answers_lack(input->answers, source, input->guest->uuid, input->now_us)
                       : g_strdup("nobody asks the guest");

    if (why)
        g_set_error_literal(error, MOM_COLLECTOR_ERROR, MOM_COLLECTOR_ERROR_COLLECTION, why);
    else
        g_set_error_literal(error, MOM_COLLECTOR_ERROR, MOM_COLLECTOR_ERROR_AWAITED,
                            "the guest's first answer is awaited");
}

const MomAnswer *
mom_last_answer(const MomCollectInput *input, MomSlowSource source, gint64 *age_s, GError **error)
{
    gint64 age_us;
    const MomAnswer *answer =
        mom_answers_get(input->answers, source, input->guest->uuid, input->now_us, &age_us);

    if (!answer) {
        set_lack(input, source, error);
        return NULL;
    }
    if (age_s)
        *age_s = age_us / G_USEC_PER_SEC;
    return answer;
}
