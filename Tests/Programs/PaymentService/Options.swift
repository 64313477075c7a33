// SPDX-License-Identifier: Apache-2.0
//
// What the command line and the environment ask for.

import Glibc

/// The leak that the service has.
enum Leak: String {
    case none, tokens, connections, webhooks
}

struct Options {
    var port: UInt16 = 0
    var leak = Leak.none

    /// Fails on anything that it does not know.
    init?(arguments: [String]) {
        if let value = getenv("LEAK") {
            guard let named = Leak(rawValue: String(cString: value)) else { return nil }
            leak = named
        }
        var rest = arguments.dropFirst()
        while let option = rest.popFirst() {
            guard let value = rest.popFirst() else { return nil }
            switch option {
            case "--port":
                guard let number = UInt16(value) else { return nil }
                port = number
            case "--leak":
                guard let named = Leak(rawValue: value) else { return nil }
                leak = named
            default:
                return nil
            }
        }
    }
}

/// Says what was wrong and ends the program.
func fail(_ message: String, status: Int32) -> Never {
    let line = "PaymentService: \(message)\n"
    _ = line.withCString { write(STDERR_FILENO, $0, strlen($0)) }
    exit(status)
}
