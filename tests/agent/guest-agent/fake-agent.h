/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * An agent in a guest, as QEMU's answers: a function from commands to replies, and a unix socket on
 * which it may be asked.
 *
 * Replies are formed as qemu-ga 7.2's were seen to be.  For what the real one does not do when
 * told: refuse, fall silent, answer nonsense, or talk to somebody else first.
 */
#pragma once

#include <gio/gio.h>

typedef struct {
    const char *meminfo; /* what the files hold; NULL: they cannot be opened */
    const char *vmstat;
    gsize chunk_bytes;    /* of a read at most */
    gboolean disabled;    /* guest-file-* is on the block-list */
    gboolean read_fails;  /* an error in place of a chunk */
    const char *nonsense; /* in place of every reply but to guest-sync-delimited */
    gint64 next_handle;
    guint opened;
    guint closed;
    guint infos;         /* how often guest-info was asked */
    GPtrArray *commands; /* all that were asked, but guest-sync-delimited */
    GString *files[2];   /* what is left of an open one, by handle's parity */
} FakeAgent;

extern const char *const fake_meminfo;
extern const char *const fake_vmstat;

/* With both files. */
FakeAgent *fake_agent_new(void);
void fake_agent_free(FakeAgent *agent);
/* The reply, without a line feed. Caller frees. */
char *fake_agent_answer(FakeAgent *agent, const char *command);

/* On a socket. */
typedef struct FakePeer FakePeer;

/* SOCKET_PATH must not exist.  STALE (may be NULL) is in the channel before anybody asks. */
FakePeer *fake_peer_new(FakeAgent *agent, const char *socket_path, const char *stale);
void fake_peer_free(FakePeer *peer);
/* After so many replies more it falls silent, or (HANGS_UP) closes the connection. */
void fake_peer_fail_after(FakePeer *peer, int replies, gboolean hangs_up);
/* How many connections there were, and how many are open. */
guint fake_peer_connections(const FakePeer *peer);
guint fake_peer_open(const FakePeer *peer);
