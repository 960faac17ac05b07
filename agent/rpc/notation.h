/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * How a protocol writes values: one table of functions for XML, one for JSON.
 *
 * What is long is written through it straight from where it lies, without a tree of values in
 * between, which would cost several times the text.  A notation keeps no state beside the text
 * itself; it must write what its protocol's reader takes, whatever bytes a name or a string has.
 */
#pragma once

#include <glib.h>
#include <json-c/json.h>

/* All append to OUT.  A struct is begin_struct, its members, end_struct; a member is begin_member,
 * one value, end_member. */
typedef struct {
    void (*nil)(GString *out);
    void (*boolean)(GString *out, gboolean value);
    void (*integer)(GString *out, gint64 value);
    void (*real)(GString *out, double value);
    void (*text)(GString *out, const char *value);
    void (*tree)(GString *out, json_object *value); /* whatever it is */
    void (*begin_struct)(GString *out);
    void (*begin_member)(GString *out, const char *name);
    void (*end_member)(GString *out);
    void (*end_struct)(GString *out);
} MomRpcNotation;

extern const MomRpcNotation mom_rpc_notation_xml;
extern const MomRpcNotation mom_rpc_notation_json;

/* Room for any integer: "-9223372036854775808". */
#define MOM_RPC_DIGITS 20
/* Writes VALUE to the end of TEXT, without NUL, at a tenth of what printf takes; where it begins.
 */
const char *mom_rpc_digits(char text[MOM_RPC_DIGITS], gint64 value);
