/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Blocks in a list, the newest first; a request that does not fit gets a new block.
 *
 * A reset keeps the largest block: the next run of the same policies then runs without malloc.
 */
#include "policy/arena.h"

#include "policy/iotune.h"

#include <string.h>

#define ALIGNMENT 16

typedef struct Block Block;
struct Block {
    Block *next;
    gsize size;
    gsize used;
    gsize padding; /* keeps the bytes behind aligned */
};

G_STATIC_ASSERT(sizeof(Block) % ALIGNMENT == 0);

struct MomArena {
    Block *blocks;
    gsize block_bytes;
    gsize used;
};

static Block *
block_new(gsize size, Block *next)
{
    Block *block = g_malloc(sizeof(Block) + size);

    *block = (Block){.next = next, .size = size};
    return block;
}

MomArena *
mom_arena_new(gsize block_bytes)
{
    MomArena *arena = g_new0(MomArena, 1);

    arena->block_bytes = block_bytes;
    return arena;
}

static void
free_blocks(Block *block)
{
    while (block) {
        Block *next = block->next;

        g_free(block);
        block = next;
    }
}

void
mom_arena_free(MomArena *arena)
{
    if (!arena)
        return;
    free_blocks(arena->blocks);
    g_free(arena);
}

void
mom_arena_reset(MomArena *arena)
{
    Block *largest = arena->blocks;

    for (Block *block = arena->blocks; block; block = block->next)
        if (block->size > largest->size)
            largest = block;
    for (Block **link = &arena->blocks; *link; link = &(*link)->next)
        if (*link == largest) {
            *link = largest->next;
            break;
        }
    free_blocks(arena->blocks);
    if (largest)
        *largest = (Block){.size = largest->size};
    arena->blocks = largest;
    arena->used = 0;
}

gpointer
mom_arena_alloc(MomArena *arena, gsize bytes)
{
    gsize size = (MAX(bytes, 1) + ALIGNMENT - 1) & ~(gsize)(ALIGNMENT - 1);
    Block *block = arena->blocks;
    char *memory;

    if (!block || block->size - block->used < size) {
        /* Doubling keeps the number of blocks small however much a run needs. */
        gsize wanted = MAX(arena->block_bytes, MIN(arena->used, 1024 * 1024));

        block = block_new(MAX(wanted, size), block);
        arena->blocks = block;
    }
    memory = (char *)(block + 1) + block->used;
    block->used += size;
    arena->used += size;
    return memory;
}

gpointer
mom_arena_alloc0(MomArena *arena, gsize bytes)
{
    return memset(mom_arena_alloc(arena, bytes), 0, bytes);
}

char *
mom_arena_strndup(MomArena *arena, const char *s, gsize length)
{
    char *copy = mom_arena_alloc(arena, length + 1);

    memcpy(copy, s, length);
    copy[length] = '\0';
    return copy;
}

char *
mom_arena_strdup(MomArena *arena, const char *s)
{
    return s ? mom_arena_strndup(arena, s, strlen(s)) : NULL;
}

gsize
mom_arena_used(const MomArena *arena)
{
    return arena->used;
}

static const MomExtraLimit *
copy_extras(MomArena *arena, const MomLimits *limits)
{
    MomExtraLimit *copies = mom_arena_alloc(arena, limits->n_extra * sizeof(MomExtraLimit));

    for (guint i = 0; i < limits->n_extra; i++)
        copies[i] = (MomExtraLimit){.name = mom_arena_strdup(arena, limits->extra[i].name),
                                    .value = mom_arena_copy_value(arena, limits->extra[i].value)};
    return copies;
}

static MomLimits
copy_limits(MomArena *arena, const MomLimits *limits)
{
    MomLimits copy = *limits;

    /* Nearly always numbers: this is done for every disk of every guest in every run. */
    for (gsize i = 0; i < MOM_N_LIMITS; i++)
        if (copy.value[i].type > MOM_VALUE_FLOAT)
            copy.value[i] = mom_arena_copy_value(arena, limits->value[i]);
    if (copy.n_extra)
        copy.extra = copy_extras(arena, limits);
    return copy;
}

typedef MomValue (*CopyFunc)(MomArena *arena, MomValue v);

static MomValue
copy_list(MomArena *arena, MomValue v, CopyFunc copy_item)
{
    MomList *list = mom_arena_alloc(arena, sizeof(MomList));
    MomValue *items = mom_arena_alloc(arena, v.list->length * sizeof(MomValue));

    for (gsize i = 0; i < v.list->length; i++)
        items[i] = copy_item(arena, v.list->items[i]);
    *list = *v.list;
    list->items = items;
    return (MomValue){.type = MOM_VALUE_LIST, .list = list};
}

static MomValue
copy_tune(MomArena *arena, MomValue v)
{
    const MomTune *tune = v.object;
    MomTune *copy = mom_arena_alloc(arena, sizeof(MomTune));

    *copy = (MomTune){
        .name = mom_arena_strdup(arena, tune->name),
        .path = mom_arena_strdup(arena, tune->path),
        .guaranteed = copy_limits(arena, &tune->guaranteed),
        .maximum = copy_limits(arena, &tune->maximum),
        .current = copy_limits(arena, &tune->current),
    };
    return (MomValue){.type = MOM_VALUE_TUNE, .object = copy};
}

static MomValue
copy_state(MomArena *arena, MomValue v)
{
    const MomTuneState *state = v.object;
    MomTuneState *copy = mom_arena_alloc(arena, sizeof(MomTuneState));

    *copy = (MomTuneState){
        .name = mom_arena_strdup(arena, state->name),
        .path = mom_arena_strdup(arena, state->path),
        .io_tune = copy_limits(arena, &state->io_tune),
    };
    return (MomValue){.type = MOM_VALUE_TUNE_STATE, .object = copy};
}

static MomValue
copy_limits_value(MomArena *arena, MomValue v)
{
    MomLimits *copy = mom_arena_alloc(arena, sizeof(MomLimits));

    *copy = copy_limits(arena, v.object);
    return (MomValue){.type = MOM_VALUE_LIMITS, .object = copy};
}

MomValue
mom_arena_copy_value(MomArena *arena, MomValue v)
{
    switch (v.type) {
    case MOM_VALUE_STRING:
        return mom_value_string(mom_arena_strdup(arena, v.string));
    case MOM_VALUE_LIST:
        return copy_list(arena, v, mom_arena_copy_value);
    case MOM_VALUE_TUNE:
        return copy_tune(arena, v);
    case MOM_VALUE_LIMITS:
        return copy_limits_value(arena, v);
    case MOM_VALUE_TUNE_STATE:
        return copy_state(arena, v);
    case MOM_VALUE_NIL:
    case MOM_VALUE_BOOL:
    case MOM_VALUE_INT:
    case MOM_VALUE_FLOAT:
    case MOM_VALUE_ENTITY:
    case MOM_VALUE_GUESTS:
    case MOM_VALUE_CALLABLE:
    default:
        return v;
    }
}

MomValue
mom_arena_copy_plain(MomArena *arena, MomValue v)
{
    if (v.type == MOM_VALUE_STRING)
        return mom_value_string(mom_arena_strdup(arena, v.string));
    if (v.type == MOM_VALUE_LIST)
        return copy_list(arena, v, mom_arena_copy_plain);
    return v;
}
