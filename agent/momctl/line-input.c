/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * libedit or getline, see line-input.h.
 *
 * libedit keeps its state to itself; there is one terminal.
 */
#include "agent/momctl/line-input.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#ifdef MOM_HAVE_LIBEDIT
#include <editline/readline.h>
#endif

gboolean
mom_ctl_input_is_interactive(void)
{
    return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

static char *
read_plainly(void)
{
    char *line = NULL;
    size_t size = 0;
    ssize_t length = getline(&line, &size, stdin);
    char *copy;

    if (length > 0 && line[length - 1] == '\n')
        length--;
    copy = length >= 0 ? g_strndup(line, (gsize)length) : NULL;
    free(line);
    return copy;
}

char *
mom_ctl_input_line(const char *prompt)
{
    if (!mom_ctl_input_is_interactive())
        return read_plainly();
#ifdef MOM_HAVE_LIBEDIT
    {
        char *line = readline(prompt);
        char *copy = g_strdup(line);

        if (line && *line)
            add_history(line);
        free(line);
        return copy;
    }
#else
    fputs(prompt, stdout);
    fflush(stdout);
    return read_plainly();
#endif
}
