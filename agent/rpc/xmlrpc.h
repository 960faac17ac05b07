/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * XML-RPC: documents to JSON values and back.  No I/O.
 *
 * Speaks the dialect of Python's xmlrpc: nil, and i8 for what does not fit 32 bits.  Read by
 * GMarkup, which knows no DTD, so no document can grow while it is read; nesting and size have
 * limits of their own.
 */
#pragma once

#include <glib.h>
#include <json-c/json.h>

#define MOM_XMLRPC_BODY_BYTES (4 * 1024 * 1024)
#define MOM_XMLRPC_DEPTH 64
/* A response comes from whom one has asked, and may hold the state of all guests. */
#define MOM_XMLRPC_RESPONSE_BYTES (512 * 1024 * 1024)
/* Python's servers know no other, and nobody looks at it. */
#define MOM_XMLRPC_FAULT_CODE 1

#define MOM_XMLRPC_ERROR (mom_xmlrpc_error_quark())
GQuark mom_xmlrpc_error_quark(void);

typedef enum {
    MOM_XMLRPC_ERROR_SYNTAX, /* no XML, or no XML-RPC */
    MOM_XMLRPC_ERROR_LIMIT,
    MOM_XMLRPC_ERROR_FAULT, /* a response that is a fault; the message is its faultString */
} MomXmlrpcErrorCode;

/* A call's method (caller frees) and its parameters (an array; caller puts).  nil is json-c's NULL;
 * dates and base64 of text come as strings. */
gboolean mom_xmlrpc_parse_call(
    const char *body, gsize length, char **method, json_object **params, GError **error);
/* The value of a response; caller puts. */
gboolean
mom_xmlrpc_parse_response(const char *body, gsize length, json_object **value, GError **error);

/* A whole document; caller frees.  PARAMS is an array. NaN and infinities become nil, characters
 * that XML has not become U+FFFD. */
char *mom_xmlrpc_format_call(const char *method, json_object *params, gsize *length);
char *mom_xmlrpc_format_response(json_object *value, gsize *length);
/* A response whose value is written with mom_rpc_notation_xml: begin, the value, end. */
void mom_xmlrpc_begin_response(GString *out);
void mom_xmlrpc_end_response(GString *out);
/* A response that is one text, added to OUT in pieces: begin, append as often as need be, end. */
void mom_xmlrpc_begin_text(GString *out);
void mom_xmlrpc_append_text(GString *out, const char *text, gsize length);
void mom_xmlrpc_end_text(GString *out);
char *mom_xmlrpc_format_fault(int code, const char *text, gsize *length);
