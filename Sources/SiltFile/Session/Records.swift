// SPDX-License-Identifier: Apache-2.0
//
// The records of a session file as plain Swift values: modules, sites, living samples, events. Each is what the shim
// wrote down, checked by itself.

/// An executable or shared object whose functions stand in a stack. One that was unloaded and loaded again is the same.
package struct Module: Sendable, Hashable {
    /// The addresses that it covers, or covered last.
    package var addresses: Range<UInt64>
    /// Load address minus link address, where it lies or lay last: add it to a link address to get a runtime address.
    package var bias: UInt64
    /// Its first executable segment as loaded, and that segment's offset in the file.
    package var text: Range<UInt64>
    package var textFileOffset: UInt64
    package var path: String
    /// Empty if the object has none.
    package var buildID: [UInt8]
    /// Of the executable: see ``Header/startedAs``.
    package var startedAs = ""

    package init(
        addresses: Range<UInt64>, bias: UInt64, text: Range<UInt64>, textFileOffset: UInt64, path: String,
        buildID: [UInt8]
    ) {
        self.addresses = addresses
        self.bias = bias
        self.text = text
        self.textFileOffset = textFileOffset
        self.path = path
        self.buildID = buildID
    }

    /// Whether a link address lies in it.
    package func covers(link address: UInt64) -> Bool { addresses.contains(address &+ bias) }
}

/// What was sampled at one (stack, size class, interval, label); counts of samples, not estimates.
package struct Site: Sendable, Hashable {
    package var stack: UInt32
    package var sizeClass: UInt32
    /// Whether its blocks are of eight size classes, a power of two, from ``sizeClass`` on.
    package var isCoarse: Bool
    /// Mean bytes between samples when its samples were taken; 1: every allocation.
    package var interval: UInt64
    /// Of the request, if the program said one.
    package var label: String?
    package var allocObjects: UInt64
    package var allocBytes: UInt64
    package var freeObjects: UInt64
    package var freeBytes: UInt64

    /// The least bytes that a block of its size class can have.
    package var smallestSize: UInt64 {
        guard sizeClass >= 16 else { return UInt64(sizeClass) }
        return UInt64(8 + sizeClass % 8) << UInt64(sizeClass / 8 - 1)
    }

    package init(
        stack: UInt32, sizeClass: UInt32, isCoarse: Bool = false, interval: UInt64, label: String? = nil,
        allocObjects: UInt64, allocBytes: UInt64, freeObjects: UInt64, freeBytes: UInt64
    ) {
        self.stack = stack
        self.sizeClass = sizeClass
        self.isCoarse = isCoarse
        self.interval = interval
        self.label = label
        self.allocObjects = allocObjects
        self.allocBytes = allocBytes
        self.freeObjects = freeObjects
        self.freeBytes = freeBytes
    }
}

/// A sampled allocation that has not been freed.
package struct LiveSample: Sendable, Hashable, BitwiseCopyable {
    package var address: UInt64
    /// Requested bytes.
    package var size: UInt64
    /// Nanoseconds of CLOCK_MONOTONIC at the allocation.
    package var time: UInt64
    package var site: UInt32
    /// Kernel thread id.
    package var thread: UInt32

    package init(address: UInt64, size: UInt64, time: UInt64, site: UInt32, thread: UInt32) {
        self.address = address
        self.size = size
        self.time = time
        self.site = site
        self.thread = thread
    }
}

/// A sampled allocation, or the free of one.
package struct Event: Sendable, Hashable {
    package enum Operation: Sendable { case alloc, free }

    package var operation: Operation
    /// Nanoseconds of CLOCK_MONOTONIC.
    package var time: UInt64
    package var address: UInt64
    /// Requested bytes.
    package var size: UInt64
    /// Of a free: when the memory was allocated.
    package var born: UInt64
    package var site: UInt32
    package var thread: UInt32

    package init(
        operation: Operation, time: UInt64, address: UInt64, size: UInt64, born: UInt64, site: UInt32, thread: UInt32
    ) {
        self.operation = operation
        self.time = time
        self.address = address
        self.size = size
        self.born = born
        self.site = site
        self.thread = thread
    }
}
