/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The users that may call: root and momd's own, who could anyway, and those that are named.
 *
 * Names are looked up once, when made: a look-up may go over the network.
 */
#pragma once

#include <glib.h>
#include <sys/types.h>

typedef struct MomRpcUsers MomRpcUsers;

/* NAMES: names or numbers of users, ended by NULL; a name that nobody has is logged and left out.
 * NULL: vdsm, if there is such a user. */
MomRpcUsers *mom_rpc_users_new(const char *const *names);
void mom_rpc_users_free(MomRpcUsers *users);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomRpcUsers, mom_rpc_users_free)

gboolean mom_rpc_users_has(const MomRpcUsers *users, uid_t uid);
