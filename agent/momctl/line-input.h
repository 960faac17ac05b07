/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Lines from standard input, edited and remembered where somebody types them.
 *
 * From a pipe, or without libedit, they are just read.
 */
#pragma once

#include <glib.h>

/* TRUE if somebody types: prompts are shown, and nobody looks at the exit code. */
gboolean mom_ctl_input_is_interactive(void);
/* The next line without its newline; NULL at the end. PROMPT is shown if somebody types. Caller
 * frees. */
char *mom_ctl_input_line(const char *prompt);
