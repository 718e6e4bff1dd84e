/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/cuda/emulator/cub/cub.cuh"
