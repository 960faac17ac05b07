/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See policy-findings.h.
 */
#include "agent/policies/policy-findings.h"

#include <string.h>

#include "policy/policy.h"

void
mom_policy_findings_add(GPtrArray *findings, const char *name, const GError *error)
{
    MomPlace place = mom_policy_error_place(error);
    MomFinding *finding = g_new0(MomFinding, 1);
    g_autofree char *prefix =
        g_strdup_printf("%s:%u:%u: ", place.policy ? place.policy : "", place.line, place.column);
    gsize skip = g_str_has_prefix(error->message, prefix) ? strlen(prefix) : 0;

    finding->severity = MOM_FINDING_ERROR;
    finding->policy = g_strdup(place.policy ? place.policy : name ? name : MOM_POLICY_MAIN_NAME);
    finding->line = place.line;
    finding->column = place.column;
    finding->message = g_strdup(error->message + skip);
    g_ptr_array_add(findings, finding);
}

gboolean
mom_policy_findings_fail(GPtrArray *findings)
{
    for (guint i = 0; i < findings->len; i++) {
        const MomFinding *finding = g_ptr_array_index(findings, i);

        if (finding->severity == MOM_FINDING_ERROR)
            return TRUE;
    }
    return FALSE;
}
