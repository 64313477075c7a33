// SPDX-License-Identifier: Apache-2.0
//
// What stands in the server's place in a silt that was built without it.

#if !Serve
    package import SiltDriver

    /// - Throws: ``Failure``, always: it says how to get a silt that serves.
    package func serve(_ options: ServeOptions) throws(Failure) {
        throw .use(
            """
            this silt was built without its server, which takes minutes to build
            `make serve` builds one that has it; so do `make install` and the release's packages
            """)
    }
#endif
