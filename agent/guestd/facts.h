/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the guest's kernel says of its memory: /proc/meminfo, /proc/vmstat, /proc/pressure/memory.
 *
 * The files are opened once and read again and again into a buffer that is there from the start:
 * nothing is allocated, so that an answer is possible when memory is what the guest has not got.
 * Texts are parsed as if anybody had written them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Longer files are cut; the kernel's are shorter by far. */
#define MOM_FACTS_BYTES (32 * 1024)

typedef struct {
    int meminfo; /* descriptors */
    int vmstat;
    int pressure; /* -1: the kernel has none */
    char text[MOM_FACTS_BYTES];
} MomFacts;

/* One reading. Kilobytes, counts since boot, microseconds. */
typedef struct {
    int64_t total, free, buffers, cached;
    int64_t usable; /* -1: a kernel before 3.14 */
    int64_t swap_total, swap_free;
    int64_t pages_in, pages_out; /* swapped */
    int64_t major_faults, minor_faults;
    bool has_pressure;
    int64_t some_avg10, full_avg10; /* hundredths of a percent */
    int64_t some_total_us, full_total_us;
} MomNumbers;

/* The files below ROOT/proc. False with errno if one that must be there is not. */
bool mom_facts_open(MomFacts *facts, const char *root);
void mom_facts_close(MomFacts *facts);
/* False if the kernel does not say what it must. */
bool mom_facts_read(MomFacts *facts, MomNumbers *out);
/* Pressure alone. False if there is none. */
bool mom_facts_read_pressure(MomFacts *facts, MomNumbers *out);

/* The parsers. What is missing leaves *OUT as it is and is false. */

/* The number behind KEY at the start of a line, blanks between. */
bool mom_facts_parse_key(const char *text, const char *key, int64_t *out);
bool mom_facts_parse_meminfo(const char *text, MomNumbers *out);
bool mom_facts_parse_vmstat(const char *text, MomNumbers *out);
bool mom_facts_parse_pressure(const char *text, MomNumbers *out);
