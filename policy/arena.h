/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Memory that is given back all at once: what a parsed policy, a run or a sample is made of.
 *
 * Allocation is a pointer bump; nothing is freed singly.  Values borrow from an arena and die with
 * it, so an arena must never outlive what it borrows from, and nothing in it may own memory
 * elsewhere.
 */
#pragma once

#include "policy/value.h"

typedef struct MomArena MomArena;

/* An arena that takes memory in blocks of at least BLOCK_BYTES. */
MomArena *mom_arena_new(gsize block_bytes);
void mom_arena_free(MomArena *arena);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MomArena, mom_arena_free)

/* Forgets all that was allocated; keeps the largest block, so that a next use of the same size
 * needs no new memory. */
void mom_arena_reset(MomArena *arena);

/* BYTES of memory, aligned for any type, not cleared. Never NULL. */
gpointer mom_arena_alloc(MomArena *arena, gsize bytes);
gpointer mom_arena_alloc0(MomArena *arena, gsize bytes);
char *mom_arena_strndup(MomArena *arena, const char *s, gsize length);
/* NULL gives NULL. */
char *mom_arena_strdup(MomArena *arena, const char *s);

/* Bytes handed out since the last reset. */
gsize mom_arena_used(const MomArena *arena);

/* A deep copy of V: strings, lists, tunes, limits and states.  Entities, guests and callables stay
 * borrowed. */
MomValue mom_arena_copy_value(MomArena *arena, MomValue v);

/* A copy of V's strings and lists; all else stays borrowed, tunes too. For values that live no
 * longer than a run, in which a tune must stay the same tune. */
MomValue mom_arena_copy_plain(MomArena *arena, MomValue v);
