/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Where the socket of a guest's agent is: a template of its name, in Python's form as the
 * reference's configuration has it.
 *
 * Pure.  A guest's name is what somebody called it, who need not be trusted with the host's files:
 * it never leads out of the directory.
 */
#pragma once

#include <glib.h>

/* NULL if TEMPLATE is one; else what is wrong with it, which the caller frees. */
char *mom_agent_socket_template_fault(const char *template);

/* DIRECTORY/TEMPLATE, in which %(name)s and %(uuid)s stand for the guest's and %% for %.  NULL with
 * an error of MOM_AGENT_ERROR if the name would lead out of DIRECTORY.  Caller frees. */
char *mom_agent_socket_path(const char *directory,
                            const char *template,
                            const char *name,
                            const char *uuid,
                            GError **error);
