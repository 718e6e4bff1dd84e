/* SPDX-License-Identifier: Apache-2.0
 *
 * runtime.h: what the files of the fake runtime share.
 */
#pragma once

#include "tests/cuda/emulator/emulator.h"

#include <deque>
#include <memory>
#include <set>
#include <vector>

/* First in each of the runtime's functions. */
#define ENTER(name)                                                  \
  std::lock_guard<std::recursive_mutex> guard (emulator_lock);       \
  if (cudaError_t entered = emulator_enter (name))                   \
    return entered

/* What keeps a function from working at all: a broken device, no driver, MATCHPOINT_EMULATOR_FAIL. */
cudaError_t emulator_enter (const char *function);
bool        emulator_is_broken ();
int         emulator_device ();
/* Says what a call did wrong without breaking the device. */
void        emulator_say (const char *format, ...) __attribute__ ((format (printf, 1, 2)));

struct Item
{
  std::function<void ()> run;
  const char            *name;
  std::vector<size_t>    needs; /* in a capture: items that have to be done before */
};

/* One capture, of the stream where it began and those that waited for its events. */
struct Capture
{
  CUstream_st           *origin;
  cudaStreamCaptureMode  mode;
  std::vector<Item>      items;
  std::set<CUstream_st *> streams;
  bool                   invalid = false;
};

/* How far a stream is; outlives the stream, for its events. */
struct Progress
{
  CUstream_st *stream;
  uint64_t     queued = 0;
  uint64_t     done = 0;
};

struct CUstream_st
{
  int                       device;
  unsigned                  flags;
  std::deque<Item>          queue;
  std::shared_ptr<Progress> progress;
  std::shared_ptr<Capture>  capture;
  uint64_t                  captured = 0; /* items of this stream in the capture */
  uint64_t                  joined = 0;   /* of those, how many the origin waits for */
  std::set<size_t>          tails;        /* items of the capture that the next one has to wait for */
  int                       n_queries = 0;
};

struct CUevent_st
{
  unsigned                  flags;
  std::shared_ptr<Progress> progress; /* null: never recorded */
  uint64_t                  ticket = 0;
  int                       n_queries = 0;
  std::shared_ptr<double>   time;     /* seconds; when it passed */
  std::weak_ptr<Capture>    capture;
  bool                      captured = false;
  CUstream_st              *captured_stream = nullptr;
  uint64_t                  captured_items = 0;
  std::set<size_t>          captured_tails;
};

struct CUgraph_st
{
  std::vector<Item> items;
};

struct CUgraphExec_st
{
  std::shared_ptr<std::vector<Item>> items;
};

/* Runs what was put on the stream, up to a ticket. */
void emulator_drain (CUstream_st *stream, uint64_t ticket = UINT64_MAX);
void emulator_drain_all ();
/* The stream of a handle, or null with cudaErrorInvalidResourceHandle stored. */
CUstream_st *emulator_stream (cudaStream_t handle);
/* cudaErrorStreamCaptureUnsupported when a capture forbids calls that allocate or synchronise; it is then invalid. */
cudaError_t emulator_unsafe (const char *function);
/* The same for calls that name a capturing stream. */
cudaError_t emulator_invalidate (CUstream_st *stream, const char *function);
