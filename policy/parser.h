/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The parser: from the text of one policy to a program (SEMANTICS section 4).
 *
 * Brackets, numbers and strings are all it judges; whether a name or an arity is right is not known
 * here. It never recurses: open brackets are on a stack of its own.
 */
#pragma once

#include "policy/ast.h"
#include "policy/policy.h"

/* Parses TEXT (LENGTH bytes and a NUL behind) as the policy NAME; its names go to SYMBOLS.  The
 * program borrows nothing.  NULL: a LOAD or LIMIT error at the first fault. */
MomProgram *mom_program_parse(
    MomSymbols *symbols, const char *name, const char *text, gsize length, GError **error);
/* The same of a piece of a policy that begins with the line FIRST_LINE of its text. */
MomProgram *mom_program_parse_piece(MomSymbols *symbols,
                                    const char *name,
                                    const char *text,
                                    gsize length,
                                    guint first_line,
                                    GError **error);
MomProgram *mom_program_ref(MomProgram *program);
void mom_program_unref(MomProgram *program);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomProgram, mom_program_unref)
