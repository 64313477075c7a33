// SPDX-License-Identifier: Apache-2.0
//
// Defines the per-thread state.
#include "base/base.h"

__thread struct silt_thread silt_thread __attribute__((tls_model("initial-exec")));
