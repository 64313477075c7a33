// SPDX-License-Identifier: Apache-2.0
//
// The memory of another process by process_vm_readv(2). The process goes on running, so what is read may be half
// changed: callers must not trust it.

import CTrace
import Glibc

/// The memory of a process.
struct ProcessMemory {
    let pid: pid_t

    /// Copies the bytes that begin at an address.
    ///
    /// - Returns: how many bytes could be read, at most as many as the array has.
    func read(at address: UInt64, into bytes: inout [UInt8], count: Int) -> Int {
        // Safe: the pointer is only a number here, an address of the other process.
        guard let start = unsafe UnsafeMutableRawPointer(bitPattern: UInt(address)) else { return 0 }
        // Safe: the kernel writes at most `buffer.count` bytes into the array; both structs live for the call.
        return unsafe bytes.withUnsafeMutableBytes { buffer in
            var here = unsafe iovec(iov_base: buffer.baseAddress, iov_len: min(count, buffer.count))
            var there = unsafe iovec(iov_base: start, iov_len: here.iov_len)
            return max(0, unsafe silt_read_memory(pid, &here, &there))
        }
    }

    /// The bytes that begin at an address: `count`, or fewer where they cannot be read.
    func bytes(at address: UInt64, count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        bytes.removeLast(count - read(at: address, into: &bytes, count: count))
        return bytes
    }
}
