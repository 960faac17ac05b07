/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Values as text, for people: in the log, and in the tools.
 *
 * Not a notation that anything reads back; a float always shows that it is one.
 */
#pragma once

#include "policy/value.h"

/* Appends V as `debug` shows it: strings without quotes, lists in brackets. */
void mom_value_print(GString *out, MomValue v);
