/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The messages of QEMU's guest agent, as far as a file is read through it.
 *
 * Pure: commands are texts, replies are texts that become numbers.  A reply was written by the
 * guest, who may write anything: it is JSON by the strict check or an error, has caps on its depth
 * and on what comes out of it, and what the guest says in words is cut and cleaned before it may go
 * into a log.
 */
#pragma once

#include <glib.h>

#define MOM_AGENT_ERROR (mom_agent_error_quark())
GQuark mom_agent_error_quark(void);

typedef enum {
    MOM_AGENT_ERROR_REPLY,    /* no reply by the protocol */
    MOM_AGENT_ERROR_REFUSED,  /* the agent answers with an error, which the message tells */
    MOM_AGENT_ERROR_DISABLED, /* the agent was told not to do that */
    MOM_AGENT_ERROR_TIMEOUT,  /* it does not answer */
    MOM_AGENT_ERROR_GONE,     /* nobody is at the other end (any more) */
} MomAgentErrorCode;

/* guest-info lists some eighty commands, three levels deep, in 4 KiB; a chunk is longer. */
#define MOM_AGENT_DEPTH 8
/* Asked for in one guest-file-read; base64 makes a third more of it. */
#define MOM_AGENT_CHUNK_BYTES 16384
/* Of a whole file. What is read has some 5 KiB. */
#define MOM_AGENT_FILE_BYTES 65536
/* Of the guest's own words in an error. */
#define MOM_AGENT_WORDS_BYTES 160

/* Commands; callers free. */
char *mom_agent_command_sync(gint64 id);
char *mom_agent_command_info(void);
char *mom_agent_command_open(const char *path);
char *mom_agent_command_read(gint64 handle);
char *mom_agent_command_close(gint64 handle);

/* Replies, to the command of the same name.  TEXT need not end in a NUL.  FALSE: an error of
 * MOM_AGENT_ERROR, and outputs are untouched. */
/* An integer: of guest-sync-delimited and guest-file-open. */
gboolean mom_agent_reply_integer(const char *text, gsize length, gint64 *out, GError **error);
/* Appends a chunk to FILE, which never grows beyond MOM_AGENT_FILE_BYTES; *END is set if it was the
 * last. */
gboolean
mom_agent_reply_chunk(const char *text, gsize length, GString *file, gboolean *end, GError **error);
/* FALSE also, with MOM_AGENT_ERROR_DISABLED, if a command of those above is not among those that
 * the agent may do. */
gboolean mom_agent_reply_info(const char *text, gsize length, GError **error);
/* Whatever is returned without an error. */
gboolean mom_agent_reply_any(const char *text, gsize length, GError **error);
