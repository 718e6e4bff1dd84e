/* SPDX-License-Identifier: Apache-2.0
 *
 * plan-private.h: the stages of planning and what they hand on.
 *
 *   lower.c   nodes wanted → values: dead code, expansion, common subexpressions
 *   fuse.c    values → units: one unit is one kernel
 *   contract.c   products of matrices that units need not store
 *   program.c units → programs and operands
 *   storage.c    values that are stored as bfloat16
 *   pack.c    second operands of products, brought into the back end's order once
 *   place.c   buffers → offsets in one arena by lifetime
 *   plan.c    the whole and binding; run.c running, also side by side; plan-info.c listings
 */
#pragma once

#include "engine/graph/plan.h"
#include "engine/graph/schedule.h"

/* Streams that a captured plan may use beside the store's. */
#define MP_MAX_BRANCHES 3

#define MP_STORE_SLOTS 16
#define MP_STORE_SLOT_BYTES 128

struct _MpStore
{
  MpGraph             *graph;
  const MpDeviceClass *class;
  MpDevice            *device;
  MpStream            *stream;
  MpPrecision          precision;   /* of the device's handle */
  GHashTable          *addresses;   /* MpNode → address */
  GHashTable          *groups;      /* group → block */
  GPtrArray           *blocks;      /* what to release */
  gsize                bytes;
  guint8              *staging;     /* page-locked slots for small values on their way, or NULL */
  MpEvent             *staged[MP_STORE_SLOTS]; /* passed when the slot is free */
  guint                next_slot;
  void                *reserved;    /* the block of mp_store_reserve (), or NULL */
  gsize                reserved_bytes, trained_bytes;
  MpStream            *branches[MP_MAX_BRANCHES]; /* beside stream, made at the first need */
  gboolean             branching;   /* a capture records stream: plans spread over the branches */
};

gboolean _mp_store_get_stream (MpStore *store, MpStream **out, GError **error);
void    *_mp_store_allocate (MpStore *store, gsize bytes, const char *what, GError **error); /* zeroed */
gboolean _mp_store_zero (MpStore *store, void *address, gsize bytes, GError **error);
void    *_mp_store_address (MpStore *store, MpNode *variable, GError **error);
void    *_mp_store_block (MpStore *store, const char *group);
gboolean _mp_store_download (MpStore *store, void *to, const void *from, gsize bytes, const char *what,
                             GError **error);

/* ---- lowered program ---- */

typedef struct _MpValue MpValue;
typedef struct _MpUnit MpUnit;

/* One needed node after lowering. Aliases (reshape, stop-gradient) are followed: see root. */
struct _MpValue
{
  MpNode   *node;
  guint     index;        /* position in MpLowered.values: topological */
  guint     n_inputs;
  MpValue **inputs;
  MpValue  *root;         /* owner of the memory: itself, or what it is another view of */
  MpUnit   *unit;         /* the kernel that computes it; NULL for sources and aliases */
  gboolean  constant;     /* depends on constants only: computed once, when the plan is made */
  gboolean  inlined;      /* a comparison with a constant: its readers compute it, nobody stores it */
  gboolean  output;       /* the caller reads it, or an update or assign does: needs memory of its own */
  gboolean  used_outside; /* needed in memory by another unit */
  guint     n_uses;       /* operands that are it, or a view of it */
  guint     n_uses_inside;/* scratch of _mp_units_fit */
  guint     mark;         /* for searches */
  MpDtype   storage;      /* of its memory: the node's dtype, or MP_BFLOAT16 (storage.c) */
  gint      buffer;       /* index of its buffer in the arena, or −1 */
  gsize     offset;       /* of that buffer */
};

typedef struct
{
  GPtrArray *values;      /* MpValue *, owned, topological; copies that contract.c makes stand at the end */
  GHashTable *by_node;    /* MpNode (also merged ones) → MpValue */
  guint      n_wanted;    /* nodes needed before merging */
  guint      n_merged;
} MpLowered;

/* wanted: nodes whose values are needed. The graph may gain nodes (expansions). */
MpLowered *_mp_lower (MpGraph *graph, const MpDeviceClass *class, MpDevice *device, GPtrArray *wanted,
                      GError **error);
void       _mp_lowered_free (MpLowered *lowered);
MpValue   *_mp_lowered_find (MpLowered *lowered, MpNode *node);

/* The operand without views that leave its shape as it is. */
MpValue   *_mp_direct (MpValue *operand);
/* What a program must read to have the operand: itself, or what an inlined comparison compares. */
MpValue   *_mp_source (MpValue *operand);

/* ---- units ---- */

/* One kernel: a product or other op as head, elementwise members, reductions and contractions as last members; or a
 * single op. A contraction is a product whose left operand is a register of the unit. */
struct _MpUnit
{
  guint       index;      /* order of execution after scheduling */
  GPtrArray  *members;    /* MpValue *, topological; the head first when there is one */
  MpValue    *head;       /* not elementwise: the product or op; NULL for pure programs */
  gboolean    program;    /* may take members: elementwise, or a product with an epilogue */
  MpTensorType domain;
  guint       mark;       /* for searches */
  /* filled by _mp_unit_finish */
  MpProgram  *spec;       /* or NULL */
  GPtrArray  *inputs;     /* MpValue * (roots or variables), in the kernel's order */
  GPtrArray  *views;      /* MpValue *: the inputs in the shape in which the kernel reads them */
  GPtrArray  *outputs;    /* MpValue * */
};

typedef struct
{
  MpLowered           *lowered;
  const MpDeviceClass *class;
  MpDevice            *device;
  GPtrArray           *units;    /* MpUnit *; merged ones have no members */
  guint                mark;     /* of the last search */
} MpFusion;

/* Groups values into units in an executable order. fuse FALSE: one unit per value. (transfer full): unref frees. */
GPtrArray *_mp_fuse (MpLowered *lowered, const MpDeviceClass *class, MpDevice *device, gboolean fuse);
void       _mp_unit_free (MpUnit *unit);
/* Writes the unit's program and lists its operands. FALSE where the program has no room for them. */
gboolean   _mp_unit_finish (MpUnit *unit);
/* Forgets what finishing wrote. */
void       _mp_unit_reopen (MpUnit *unit);
/* The kernel of a finished unit; types has room for all inputs and outputs. */
void       _mp_unit_describe (const MpUnit *unit, MpTensorType *types, MpKernelSpec *out);
gboolean   _mp_is_reduction (const MpValue *value);
/* A product that its unit computes from a register. */
gboolean   _mp_is_contraction (const MpValue *value);
/* Whether a member of `unit` can read the operand from a register. */
gboolean   _mp_in_register (const MpUnit *unit, MpValue *operand);
/* What must be computed before a consumer of `operand` can run; NULL for sources. */
MpUnit    *_mp_unit_of_operand (MpValue *operand);
/* The memory that a member of `unit` reads for an operand, or NULL where a register has it. */
MpValue   *_mp_memory_of_operand (const MpUnit *unit, MpValue *member, MpValue *operand);
/* TRUE when what `from` computes needs, directly or not, what `target` computes. */
gboolean   _mp_unit_needs (MpFusion *self, MpUnit *from, MpUnit *target);
/* contract.c: moves products into the units that make their left operands, where the back end can. TRUE where it
 * changed anything; products' former epilogues are then units of their own. */
gboolean   _mp_contract (MpFusion *self);
/* TRUE where the program has room for the members of a and b together. */
gboolean   _mp_units_fit (const MpUnit *a, const MpUnit *b);
/* What a value, seen as a view of its root, is in memory. */
MpTensorType _mp_stored_type (const MpValue *view);
/* Decides about bfloat16 for finished units; for devices whose precision is BF16. */
void       _mp_choose_storage (GPtrArray *units, const MpDeviceClass *class, MpDevice *device);
/* Operations of a product or factorisation; 0 for other ops. */
double     _mp_product_flops (const MpNode *node);
gboolean   _mp_is_exponential (MpOp op);
double     _mp_unit_flops (const MpUnit *unit, double *products, double *exponentials);

/* ---- placement ---- */

typedef struct
{
  gsize  bytes;
  gint   first, last;     /* units that use it first and last, inclusive */
  gsize  offset;          /* out */
} MpBuffer;

/* Lays buffers of overlapping lifetime apart, large ones first. Returns the arena's size in bytes. */
gsize _mp_place (MpBuffer *buffers, guint n);

/* ---- packed operands ---- */

typedef struct
{
  MpValue  *source;       /* root */
  MpValue  *view;         /* in the shape in which products read it */
  gboolean  transpose;
  gsize     bytes;
  guint     n_uses;
  gint      first, last;  /* units */
  gsize     offset;       /* in the arena, once placed */
} MpPack;

/* Operands that at least two of the finished units would pack. (element-type MpPack) (transfer full) */
GArray       *_mp_find_packs (GPtrArray *units, const MpDeviceClass *class, MpDevice *device);
/* The one that the unit reads, or NULL. */
const MpPack *_mp_pack_of (GArray *packs, const MpUnit *unit, const MpDeviceClass *class, MpDevice *device);

/* ---- plan ---- */

/* Where something will lie, before there are addresses. */
typedef enum
{
  MP_IN_ARENA,
  MP_IN_LASTING,
  MP_IN_VARIABLE
} MpBase;

typedef struct
{
  MpBase  base;
  gsize   offset;         /* bytes */
  MpNode *variable;       /* MP_IN_VARIABLE */
} MpLocation;

typedef struct
{
  MpKernel *kernel;
  char     *label;
  MpUnit   *unit;         /* NULL for updates and copies */
  guint     n_inputs, n_outputs;
  MpLocation *locations;  /* inputs, then outputs */
  gsize      *bytes;      /* of them */
  void    **inputs;       /* their addresses, once allocated; one block with outputs */
  void    **outputs;
  MpEvent  *event;        /* recorded behind it for other branches, or NULL */
  double    flops, product_flops, exponentials;
} MpStep;

struct _MpPlan
{
  MpStore    *store;
  char       *name;
  MpLowered  *lowered;
  GPtrArray  *units;
  GArray     *packs;      /* MpPack */
  GArray     *steps;      /* MpStep */
  GHashTable *in_lasting; /* MpValue (root) → offset + 1 in lasting */
  gsize       lasting_bytes;
  guint       n_outputs;
  MpLocation *output_locations;
  void      **output_addresses;
  MpTensorType *output_types;
  void       *arena;      /* reused memory */
  void       *lasting;    /* constants and gradients: never reused */
  void       *workspace;  /* shared by all kernels of a branch */
  gsize       main_workspace; /* bytes of it for the store's stream; each branch has a small one behind */
  MpSchedule *schedule;   /* where back ends capture, else NULL */
  MpEvent    *begin;      /* with a schedule of several tracks */
  gboolean    check_finite;
  char       *first_nonfinite;
  MpPlanInfo  info;
};

/* Whether the step computes a constant: it runs once, when the plan gets memory, and is dropped. */
gboolean _mp_step_is_constant (const MpStep *step);
/* Sets first_nonfinite when an output of the step has a value that is not finite. */
gboolean _mp_plan_check_step (MpPlan *plan, MpStep *step, GError **error);

/* ---- run.c ---- */

/* Bytes of workspace that branches need beside the main one. Once all steps are there. */
gsize    _mp_plan_branch_workspace (MpPlan *plan);
/* Gives small arenas a place for every buffer where steps may run side by side: sharing would make them wait. */
void     _mp_plan_separate (MpPlan *plan, MpBuffer *buffers, guint n);
/* Deals the steps to branches. Once addresses are known and constants folded, before kernels are bound. */
gboolean _mp_plan_branch (MpPlan *plan, GError **error);
gsize    _mp_plan_workspace_offset (MpPlan *plan, const MpStep *step);
