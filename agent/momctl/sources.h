/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The policies that a command line names: files, directories, standard input.
 *
 * Names are given as momd gives them: a file's base name up to ".policy" (SEMANTICS section 2).
 */
#pragma once

#include <stdio.h>

#include "policy/checker.h"
#include "policy/policy.h"

typedef struct {
    char *name;
    char *path; /* NULL: standard input */
    char *text;
    gsize length;
} MomCtlSource;

/* The text of PATH, "-" being standard input; caller frees. */
char *mom_ctl_read(const char *path, gsize *length, GError **error);

/* The sources that PATHS (N of them) name, in order of name: a directory's *.policy files, a file
 * itself, "-" for standard input. Of equal names the later is meant, so that a file behind a
 * directory takes the place of one in it. Caller unrefs. */
GPtrArray *mom_ctl_sources_read(char **paths, int n, GError **error);

/* Adds NAME with a copy of TEXT, in place of one of that name; order is not kept. */
void mom_ctl_sources_put(GPtrArray *sources, const char *name, const char *text);

/* Stores all SOURCES; what does not load becomes a finding and is left out.  The result is empty if
 * all load. */
GPtrArray *mom_ctl_sources_load(GPtrArray *sources, MomPolicyStore *store);

/* The same for commands that cannot go on without: tells what does not load. */
gboolean mom_ctl_sources_load_all(GPtrArray *sources, MomPolicyStore *store);

/* ERROR, of MOM_POLICY_ERROR, as a finding. */
MomFinding *mom_ctl_finding_new(const GError *error);

/* Prints FINDING to OUT with its source line (made fit for a terminal) and a caret. */
void mom_ctl_print_finding(FILE *out, GPtrArray *sources, const MomFinding *finding);
/* Prints ERROR to standard error, with the source line if it has a place. */
void mom_ctl_print_error(GPtrArray *sources, const GError *error);
