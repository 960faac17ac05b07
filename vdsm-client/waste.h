/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Letting go of large JSON values a piece at a time.
 *
 * An answer of 4 MB is 600,000 blocks of memory: giving them back takes as long as a cycle's
 * decisions, and everything else would wait for it.
 */
#pragma once

#include <glib.h>

struct json_object;

/* How many items of the outermost large list or object go at once: half a millisecond. */
#define MOM_VDSM_WASTE_ITEMS 64

/* Lets go of a piece of *VALUE, which nobody else may hold. TRUE while something is left of it;
 * else *VALUE is NULL. */
gboolean mom_vdsm_waste_some(struct json_object **value);
