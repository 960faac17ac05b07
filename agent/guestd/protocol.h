/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What mom-guestd and momd say to each other: lines over TCP or vsock.
 *
 * A request is one word and a newline; its answer is one line "key:number,key:number...".  "props"
 * and the first six keys of "stats" are the reference's, and so is the port.  All else is ours, and
 * in a form that the reference's collector passes over: more integers behind its own.  A daemon of
 * ours tells KEY_VERSION in "stats" and then also knows "watch"; the reference's hangs up on it.
 * Constants only; shared by both ends.
 */
#pragma once

#define MOM_GUESTD_PORT 2187 /* of TCP and of vsock */

#define MOM_GUESTD_STATS "stats"
#define MOM_GUESTD_PROPS "props"
/* From now on lines may come unasked, when the guest is short of memory. */
#define MOM_GUESTD_WATCH "watch"
/* The answer to it. */
#define MOM_GUESTD_WATCHING "watching"
/* What such a line begins with; what an answer to "stats" says follows. */
#define MOM_GUESTD_DISTRESS "distress,"

/* Without the newline. */
#define MOM_GUESTD_MAX_REQUEST 64
#define MOM_GUESTD_MAX_REPLY 1024

/* Keys of "stats". Kilobytes, and counts since the guest's boot, unless said. */
#define MOM_GUESTD_KEY_AVAILABLE "mem_available" /* all that its kernel manages */
#define MOM_GUESTD_KEY_UNUSED "mem_unused"       /* free, buffers and page cache */
#define MOM_GUESTD_KEY_SWAP_IN "swap_in"         /* pages since this connection last asked */
#define MOM_GUESTD_KEY_SWAP_OUT "swap_out"       /* likewise */
#define MOM_GUESTD_KEY_MAJOR_FAULT "major_fault"
#define MOM_GUESTD_KEY_MINOR_FAULT "minor_fault"
/* Ours. */
#define MOM_GUESTD_KEY_VERSION "guestd_version"
#define MOM_GUESTD_KEY_USABLE "mem_usable"
#define MOM_GUESTD_KEY_SWAP_TOTAL "swap_total"
#define MOM_GUESTD_KEY_SWAP_USAGE "swap_usage"
/* Hundredths of a percent, and microseconds since boot; absent if its kernel has no PSI. */
#define MOM_GUESTD_KEY_SOME_AVG10 "psi_some_avg10_bp"
#define MOM_GUESTD_KEY_FULL_AVG10 "psi_full_avg10_bp"
#define MOM_GUESTD_KEY_SOME_TOTAL "psi_some_total_us"
#define MOM_GUESTD_KEY_FULL_TOTAL "psi_full_total_us"

#define MOM_GUESTD_PROTOCOL_VERSION 1
