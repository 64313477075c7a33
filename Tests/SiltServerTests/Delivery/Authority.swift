// SPDX-License-Identifier: Apache-2.0
//
// Certificates of an authority that nobody else knows, made by openssl, for a server of a test.

#if Serve
    import NIOSSL
    import TestSupport

    /// An authority, and those for whom it vouches.
    struct Authority {
        private let bench: Workbench

        static let isPossible = Workbench.find("openssl") != nil

        private static let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]

        init() throws {
            bench = try Workbench()
            try bench.run(
                ["openssl", "req", "-x509", "-days", "2", "-subj", "/CN=Authority", "-keyout", "authority.key"]
                    + ["-out", "authority.pem", "-addext", "keyUsage=critical,keyCertSign"] + Self.key)
        }

        /// Its own, in a file.
        var certificate: String { bench.path("authority.pem") }

        /// TLS of a server with this name.
        func configuration(of name: String) throws -> TLSConfiguration {
            try bench.run(
                ["openssl", "req", "-subj", "/CN=\(name)", "-keyout", "server.key", "-out", "request.pem"] + Self.key)
            let extensions = try bench.write("subjectAltName=DNS:\(name)\n", to: "extensions")
            try bench.run(
                ["openssl", "x509", "-req", "-in", "request.pem", "-days", "2", "-CA", certificate]
                    + ["-CAkey", "authority.key", "-CAcreateserial", "-extfile", extensions, "-out", "server.pem"])
            return .makeServerConfiguration(
                certificateChain: try NIOSSLCertificate.fromPEMFile(bench.path("server.pem")).map { .certificate($0) },
                privateKey: .privateKey(try NIOSSLPrivateKey(file: bench.path("server.key"), format: .pem)))
        }
    }
#endif
