// SPDX-License-Identifier: Apache-2.0
//
// The version of Silt, from the header that libsilt.so takes it from, too. The version of the file format is another
// thing: see Format.

import CSiltFormat

/// Semantic: `0.9.0`.
package let siltVersion = SILT_RELEASE
