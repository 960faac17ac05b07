/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * STOMP 1.2 as vdsm speaks it: bytes to frames and frames to bytes.  No socket, no clock, no
 * policy.
 *
 * The dialect, as far as a client meets it:
 *  - A frame is a command line, header lines `name:value`, an empty line, a body, a NUL.  Lines end
 * in LF; CR LF is accepted.  With content-length the body is counted, else it ends at the first
 * NUL.
 *  - Between frames any number of empty lines may come: a lone LF is the server's heart-beat.
 *  - `:` `\` CR LF are escaped as \c \\ \r \n in the headers of every frame, CONNECT and CONNECTED
 * too (the standard exempts these two, vdsm does not).  A raw colon in a value or an unknown escape
 * makes vdsm drop the connection; we judge what we receive the same way.
 *  - Of a repeated header the first counts.
 *  - The first bytes sent must be `CONNECT` (neither `STOMP` nor a newline), accept-version exactly
 * `1.2`.
 *  - SUBSCRIBE needs destination and id; SEND needs destination, and reply-to to be answered.
 *  - An ERROR frame has a body and no message header, and vdsm keeps the connection open after it.
 *
 * The parser is pulled: the caller owns the buffer and may stop, or be freed, between any two
 * events. A body is handed out in the pieces in which it arrived and is never copied.
 */
#pragma once

#include <glib.h>

#define MOM_STOMP_MAX_LINE 8192               /* bytes, without the line's end */
#define MOM_STOMP_MAX_HEADERS 64              /* lines, repeated ones included */
#define MOM_STOMP_MAX_BODY (64 * 1024 * 1024) /* bytes */

typedef struct MomStompParser MomStompParser;

typedef enum {
    MOM_STOMP_MORE, /* all bytes are used up */
    MOM_STOMP_HEAD, /* command and headers are whole */
    MOM_STOMP_BODY, /* the next piece of the body, never empty */
    MOM_STOMP_END,  /* the frame's NUL was read */
} MomStompEvent;

/* Bytes not yet parsed; or a piece of a body, pointing into them. */
typedef struct {
    const char *bytes;
    gsize len;
} MomStompBytes;

typedef struct {
    const char *name, *value;
} MomStompHeader;

MomStompParser *mom_stomp_parser_new(void);
void mom_stomp_parser_free(MomStompParser *parser);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomStompParser, mom_stomp_parser_free)

/* Takes from the front of INPUT up to the next event; PIECE is set on BODY only. FALSE with
 * PROTOCOL if the bytes are no STOMP or pass a limit: the stream is lost then, and every later call
 * fails as well. */
gboolean mom_stomp_parser_next(MomStompParser *parser,
                               MomStompBytes *input,
                               MomStompEvent *event,
                               MomStompBytes *piece,
                               GError **error);

/* Of the frame whose HEAD came last, until the call after its END. Unescaped; NULL if there is no
 * such header. */
const char *mom_stomp_parser_command(const MomStompParser *parser);
const char *mom_stomp_parser_header(const MomStompParser *parser, const char *name);

/* Appends a frame to OUT, escaping the headers. BODY may be NULL; otherwise content-length is added
 * to the headers, so that it may contain NULs. */
void mom_stomp_append(GString *out,
                      const char *command,
                      const MomStompHeader *headers,
                      gsize n_headers,
                      const char *body,
                      gsize body_len);
