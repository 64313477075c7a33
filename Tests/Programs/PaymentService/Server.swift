// SPDX-License-Identifier: Apache-2.0
//
// Accepts connections on loopback and gives each a thread that reads requests and writes answers.

import Glibc

final class Server: Sendable {
    let port: UInt16
    private let listener: Int32
    private let handler: PaymentHandler

    /// Listens on 127.0.0.1; port 0 takes any free one.
    init?(port: UInt16, handler: PaymentHandler) {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var on: Int32 = 1
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(listener, generic, size) == 0 && listen(listener, 1024) == 0
                    && getsockname(listener, generic, &size) == 0
            }
        }
        guard bound else {
            close(listener)
            return nil
        }
        self.listener = listener
        self.port = UInt16(bigEndian: address.sin_port)
        self.handler = handler
    }

    func start() {
        guard startThread(stackSize: 256 << 10, { self.acceptConnections() }) else {
            fail("cannot start the accepting thread", status: 1)
        }
    }

    @inline(never)
    private func acceptConnections() {
        while true {
            let client = accept(listener, nil, nil)
            guard client >= 0 else { continue }
            var on: Int32 = 1
            setsockopt(client, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
            if !startThread(stackSize: 256 << 10, { self.serve(client) }) { close(client) }
        }
    }

    /// Answers the requests of one connection until the client closes it or sends nonsense.
    @inline(never)
    private func serve(_ client: Int32) {
        defer { close(client) }
        var received: [UInt8] = []
        while true {
            let chunk = receive(from: client)
            guard !chunk.isEmpty else { return }
            received += chunk
            while true {
                switch Request.parse(received) {
                case .incomplete:
                    break
                case .malformed:
                    return
                case .complete(let request, let size):
                    received.removeFirst(size)
                    guard send(handler.respond(to: request), to: client) else { return }
                    continue
                }
                break
            }
        }
    }

    private func receive(from client: Int32) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 4096) { buffer, count in
            count = max(0, recv(client, buffer.baseAddress, buffer.count, 0))
        }
    }

    private func send(_ bytes: [UInt8], to client: Int32) -> Bool {
        bytes.withUnsafeBytes { buffer in
            var sent = 0
            while sent < buffer.count {
                let count = Glibc.send(
                    client, buffer.baseAddress?.advanced(by: sent), buffer.count - sent, Int32(MSG_NOSIGNAL))
                guard count > 0 else { return false }
                sent += count
            }
            return true
        }
    }
}
