/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The text of a file of state: records, one a line, each behind its own checksum.
 *
 *     SHA-256-IN-HEX {"format":"momd-pushed","version":1,"records":2}
 *     SHA-256-IN-HEX {"name":"01-parameters","text":"(set a 5)"}
 *     SHA-256-IN-HEX {"name":"50-extra","text":null}
 *     SHA-256-IN-HEX {"format":"momd-pushed","version":1,"records":2}
 *
 * The same header stands at both ends, so that damage to one end, or a file that stops short, is
 * seen and costs nothing but the lines it hit.  Pure: reads and writes no file, and never fails for
 * what is in a text.
 */
#pragma once

#include <glib.h>
#include <json-c/json.h>

/* Larger texts are refused. */
#define MOM_RECORDS_MAX_BYTES (256 * 1024 * 1024)

/* JSON (an object, left to the caller) as a line of such a text. Caller unrefs. */
GBytes *mom_record_new(json_object *json);

/* RECORDS (of GBytes, from mom_record_new) between two headers of FORMAT: a new array of GBytes
 * that shares them.  MORE (NULL: nothing) holds further members of the header. Caller unrefs. */
GPtrArray *mom_records_join(const char *format, int version, json_object *more, GPtrArray *records);

/* RECORD is borrowed for the call. */
typedef void (*MomRecordFunc)(json_object *record, gpointer data);

/* TEXT may be NULL if LENGTH is 0. Calls HEADER once and RECORD for each record of TEXT that is
 * undamaged, in order.  NULL: all is there and undamaged.  Otherwise what is wrong, for a message;
 * the caller frees. A text in another FORMAT, or of a VERSION that is not ours, gives no record. */
char *mom_records_read(const char *text,
                       gsize length,
                       const char *format,
                       int version,
                       MomRecordFunc header,
                       MomRecordFunc record,
                       gpointer data);
