// SPDX-License-Identifier: Apache-2.0
//
// The target that takes what comes over a network, as far as it is silt's own to read: a request's parts, which HTTP's
// library has told apart, addresses of servers, and their answers.

import SiltDriver
import SiltHost
import SiltPprof
import SiltServer

/// Lines: method, address, host, authorization; what follows is the answer of a server.
func readRequest(_ input: [UInt8], in folder: FuzzFolder) throws {
    let parts = input.split(separator: UInt8(ascii: "\n"), maxSplits: 4, omittingEmptySubsequences: false)
    let lines = parts.prefix(4).map { String(decoding: $0, as: UTF8.self) } + ["", "", ""]
    let token = "0123456789abcdef"
    let options = ServeOptions(
        tokenFile: try folder.write(Array(token.utf8), to: "token"), hosts: ["silt.example"],
        driver: Driver(directory: folder.path))
    let doorkeeper = try Doorkeeper(options)
    if let question = Question(method: lines[0], target: lines[1], host: lines[2], authorization: lines[3]),
        doorkeeper.refusal(of: question) == nil
    {
        let isBearer = lines[3].lowercased().hasPrefix("bearer") && lines[3].hasSuffix(token)
        guard isBearer || lines[3].lowercased().hasPrefix("basic"), ["GET", "HEAD"].contains(lines[0]) else {
            throw Broken("\(lines) may ask")
        }
    }
    for line in lines {
        if let listen = ListenAddress(line) { _ = listen.description }
        if let server = Destination(line), Destination(server.url) != server {
            throw Broken("\(server.url) is another address when it is read again")
        }
    }
    if parts.count > 4 { _ = OtlpRejection(answer: Array(parts[4])) }
}
