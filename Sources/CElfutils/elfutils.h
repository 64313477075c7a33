// SPDX-License-Identifier: Apache-2.0
//
// The parts of elfutils that SiltSymbols uses. No other module may import this.
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwelf.h>
#include <elfutils/libdwfl.h>
#include <gelf.h>
#include <libelf.h>
#include <stdlib.h>  // calloc: what the size in a file asks for may not be there
#include <string.h>  // strdup: libdwfl frees the names that it is given
