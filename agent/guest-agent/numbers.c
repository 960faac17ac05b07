/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See numbers.h.
 */
#include "agent/guest-agent/numbers.h"

#include "agent/collectors/parse.h"

G_STATIC_ASSERT((int)MOM_AGENT_N_NUMBERS <= MOM_ANSWER_NUMBERS);

static const char *const paths[MOM_AGENT_N_FILES] = {
    [MOM_AGENT_FILE_MEMINFO] = "/proc/meminfo",
    [MOM_AGENT_FILE_VMSTAT] = "/proc/vmstat",
};

static const struct {
    MomAgentFile file;
    const char *key;
} table[MOM_AGENT_N_NUMBERS] = {
    [MOM_AGENT_MEM_TOTAL_KIB] = {MOM_AGENT_FILE_MEMINFO, "MemTotal:"},
    [MOM_AGENT_MEM_FREE_KIB] = {MOM_AGENT_FILE_MEMINFO, "MemFree:"},
    [MOM_AGENT_BUFFERS_KIB] = {MOM_AGENT_FILE_MEMINFO, "Buffers:"},
    [MOM_AGENT_CACHED_KIB] = {MOM_AGENT_FILE_MEMINFO, "Cached:"},
    [MOM_AGENT_MEM_AVAILABLE_KIB] = {MOM_AGENT_FILE_MEMINFO, "MemAvailable:"},
    [MOM_AGENT_SWAP_TOTAL_KIB] = {MOM_AGENT_FILE_MEMINFO, "SwapTotal:"},
    [MOM_AGENT_SWAP_FREE_KIB] = {MOM_AGENT_FILE_MEMINFO, "SwapFree:"},
    [MOM_AGENT_MINOR_FAULTS] = {MOM_AGENT_FILE_VMSTAT, "pgfault"},
    [MOM_AGENT_MAJOR_FAULTS] = {MOM_AGENT_FILE_VMSTAT, "pgmajfault"},
    [MOM_AGENT_SWAP_IN_PAGES] = {MOM_AGENT_FILE_VMSTAT, "pswpin"},
    [MOM_AGENT_SWAP_OUT_PAGES] = {MOM_AGENT_FILE_VMSTAT, "pswpout"},
};

const char *
mom_agent_file_path(MomAgentFile file)
{
    return paths[file];
}

static MomValue
read_number(const char *text, const char *key)
{
    gint64 number;

    if (!mom_parse_key(text, key, &number) || number < 0 || number > MOM_AGENT_GREATEST)
        return MOM_NIL;
    return mom_value_int(number);
}

void
mom_agent_file_read(MomAgentFile file, const char *text, MomAnswer *answer)
{
    for (guint i = 0; i < MOM_AGENT_N_NUMBERS; i++)
        if (table[i].file == file)
            answer->number[i] = read_number(text, table[i].key);
}
