// SPDX-License-Identifier: Apache-2.0
//
// Where libsilt.so is on this machine: in one of three places, and nowhere else. Nothing is loaded here.

import SiltFile
import SiltHost
import SiltSymbols

package enum Shim {
    /// The path of libsilt.so: what `SILT_SHIM` names, beside this executable, or in `../lib/silt`.
    ///
    /// - Parameters:
    ///   - given: a path; nil: none was named.
    ///   - folder: where this executable lies.
    /// - Throws: ``Failure`` that names the places looked at.
    package static func find(
        given: String? = environmentVariable("SILT_SHIM"), beside folder: String = ownFolder()
    ) throws(Failure) -> String {
        if let given {
            guard let path = resolvedPath(given), isReadableFile(path) else {
                throw .input("no libsilt.so at \(given), which SILT_SHIM names: build it with `make build`")
            }
            return path
        }
        let places = ["\(folder)/libsilt.so", "\(folder)/../lib/silt/libsilt.so"]
        for place in places {
            if let path = resolvedPath(place), isReadableFile(path) { return path }
        }
        throw .input(
            "libsilt.so is missing: looked at \(places.joined(separator: " and ")). "
                + "Build it with `make build`, or name it in SILT_SHIM")
    }

    /// What is to be said of a libsilt.so that is not of this command's release; nil: it is.
    package static func mismatch(_ path: String) -> String? {
        let version = BuildIdentity(path: path).version
        if version == siltVersion { return nil }
        return "\(path) \(version.map { "is version \($0)" } ?? "does not tell its version"), and this command is "
            + "\(siltVersion): install both from one release"
    }
}
