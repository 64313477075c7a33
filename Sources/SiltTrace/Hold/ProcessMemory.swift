// SPDX-License-Identifier: Apache-2.0
//
// The memory of another process through process_vm_readv(2). It stops nobody: what is read may change meanwhile.

import CTrace
import Glibc

/// What a process has in memory.
struct ProcessMemory {
    let pid: pid_t

    /// Copies what begins at an address.
    ///
    /// - Returns: how many bytes were there, at most those of the buffer.
    func read(at address: UInt64, into bytes: inout [UInt8], count: Int) -> Int {
        guard let start = unsafe UnsafeMutableRawPointer(bitPattern: UInt(address)) else { return 0 }
        // Safe: the kernel writes at most `count` bytes into the array, which has them; the other pointer is only
        // a number here, an address of the other process.
        return unsafe bytes.withUnsafeMutableBytes { buffer in
            var here = unsafe iovec(iov_base: buffer.baseAddress, iov_len: min(count, buffer.count))
            var there = unsafe iovec(iov_base: start, iov_len: here.iov_len)
            return max(0, unsafe silt_read_memory(pid, &here, &there))
        }
    }

    /// The bytes that begin at an address, as many as there are.
    func bytes(at address: UInt64, count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        bytes.removeLast(count - read(at: address, into: &bytes, count: count))
        return bytes
    }
}
