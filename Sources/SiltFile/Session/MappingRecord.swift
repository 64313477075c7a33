// SPDX-License-Identifier: Apache-2.0
//
// A mapping as the shim recorded it: who had the kernel make it, when, and what of it was left. What of it is resident,
// only the kernel knows.

/// A mapping that the program had made by mmap or mremap and that lived, or a piece of one.
package struct MappingRecord: Sendable, Hashable {
    /// Whole pages; never empty.
    package var addresses: Range<UInt64>
    /// Id of the stack that made it, in ``Session/stacks``.
    package var stack: UInt32
    /// Kernel thread id.
    package var thread: UInt32
    /// Nanoseconds of CLOCK_MONOTONIC when it was made.
    package var time: UInt64
    /// `PROT_*`.
    package var protection: UInt32
    /// `MAP_*`; nil: not known, it came of a mapping that was not recorded.
    package var flags: UInt32?

    package init(
        addresses: Range<UInt64>, stack: UInt32, thread: UInt32, time: UInt64, protection: UInt32, flags: UInt32?
    ) {
        self.addresses = addresses
        self.stack = stack
        self.thread = thread
        self.time = time
        self.protection = protection
        self.flags = flags
    }

    /// Bytes.
    package var size: UInt64 { addresses.upperBound - addresses.lowerBound }
    /// Whether it may not be touched: address space, not memory.
    package var isReserved: Bool { protection == 0 }
}

extension Session {
    /// The mappings by address, none upon another: in a running process one may be read twice while it is changed, and a
    /// damaged file may hold anything.
    package var orderedMappings: [MappingRecord] {
        var ordered: [MappingRecord] = []
        for record in (mappings ?? []).sorted(by: { $0.addresses.lowerBound < $1.addresses.lowerBound })
        where (ordered.last?.addresses.upperBound ?? 0) <= record.addresses.lowerBound {
            ordered.append(record)
        }
        return ordered
    }
}
