/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The one way to make an error of the language: with its place, in front and inside.
 *
 * For policy/ only. Nobody else may build a MOM_POLICY_ERROR, or its place would be missing.
 */
#pragma once

#include "policy/policy.h"

/* Sets ERROR with the message "policy:line:column: " and the formatted text. */
void mom_policy_set_error(GError **error,
                          MomPolicyErrorCode code,
                          MomPlace place,
                          const char *format,
                          ...) G_GNUC_PRINTF(4, 5);
void mom_policy_set_error_va(GError **error,
                             MomPolicyErrorCode code,
                             MomPlace place,
                             const char *format,
                             va_list arguments) G_GNUC_PRINTF(4, 0);
