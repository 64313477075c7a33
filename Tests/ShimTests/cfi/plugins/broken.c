// SPDX-License-Identifier: Apache-2.0
//
// A library that cannot be loaded: the loader finds that out after it has mapped the library and
// put it on its list.
extern void no_such_function(void);
void (*broken_reference)(void);
void (*broken_reference)(void) = no_such_function;
