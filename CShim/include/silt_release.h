// SPDX-License-Identifier: Apache-2.0
//
// The version of Silt, in one place: libsilt.so, silt, the packages and the man pages take it from
// here. Semantic; each has its notes in .github/RELEASES.md. SILT_VERSION is another thing: the
// version of the file format.
#ifndef SILT_RELEASE_H
#define SILT_RELEASE_H

#define SILT_RELEASE "0.9.0"

#endif
