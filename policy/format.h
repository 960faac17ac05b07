/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The canonical layout of a policy's text.
 *
 * Blanks and line ends are all it changes: tokens and comments stay, in their order, so the program
 * that the text means is the same.  Where an author broke a list it stays broken, what is too long
 * is broken too.  What it made it leaves as it is.
 */
#pragma once

#include "policy/policy.h"

/* Lines are no longer than this many characters as far as breaking between tokens can help. */
#define MOM_FORMAT_WIDTH 100
#define MOM_FORMAT_INDENT 4

/* TEXT (any bytes; LENGTH -1 for a C string) in canonical layout; caller frees.  NULL: it is no
 * program, or would become larger than a policy may be; the error has its place in the policy
 * NAME. */
char *mom_policy_format(const char *name, const char *text, gssize length, GError **error);
