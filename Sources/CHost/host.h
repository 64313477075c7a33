// SPDX-License-Identifier: Apache-2.0
//
// System calls that Swift's module Glibc lacks. Only SiltHost may import this.
#pragma once
#include <sys/statfs.h>
#include <sys/xattr.h>
