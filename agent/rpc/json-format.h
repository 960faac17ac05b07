/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * JSON values as JSON text that every reader takes.
 *
 * Unlike json-c's own writer it has null for NaN and infinities and never emits bytes that are no
 * UTF-8: guests' names and policies may hold any.
 */
#pragma once

#include <glib.h>
#include <json-c/json.h>

void mom_json_append(GString *out, json_object *value);
/* TEXT with quotes around it; or its inside only, so that a long text can be added in pieces. A
 * piece must not end within a character. */
void mom_json_append_string(GString *out, const char *text, gsize length);
void mom_json_append_inside(GString *out, const char *text, gsize length);
