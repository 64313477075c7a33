// SPDX-License-Identifier: Apache-2.0
//
// System calls that Swift's own module of libc leaves out. For SiltHost alone.
#pragma once
#include <sys/xattr.h>
