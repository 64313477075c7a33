// SPDX-License-Identifier: Apache-2.0
//
// What is copied of a thread while it is held: its registers and the innermost part of its stack, so that it can be
// unwound after it was released. Nothing here says what the words mean.

import CTrace
import SiltFile
import SiltHost

/// A thread's registers and stack.
struct ThreadCopy {
    /// The most bytes of a stack that are copied, which takes some microseconds.
    static let capacity = 256 << 10

    private(set) var registers = user_regs_struct()
    /// Address of the first byte copied.
    private var start: UInt64 = 0
    private var count = 0
    /// The rest of the stack's mapping. If it were read later, it would belong to another moment.
    private var beyond: Range<UInt64> = 0..<0
    private var bytes: [UInt8]

    /// A word of memory.
    enum Word {
        case copied(UInt64)
        /// On the same stack, but not copied.
        case beyond
        /// Not on the stack.
        case elsewhere
    }

    /// - Parameter room: bytes of stack that can be copied. They are allocated now, not while a thread is held.
    init(room: Int = 0) { bytes = [UInt8](repeating: 0, count: room) }

    /// Copies a thread that is held.
    ///
    /// - Parameter layout: the mappings of its process, by address.
    mutating func take(_ registers: user_regs_struct, memory: ProcessMemory, layout: [MemoryMapping]) {
        self.registers = registers
        // Safe: the pointer lives for the call.
        let top = unsafe withUnsafePointer(to: registers) { unsafe silt_stack_pointer($0) } &- UInt64(silt_red_zone)
        start = top
        count = 0
        beyond = top..<top
        guard let mapping = layout.mapping(at: top &+ UInt64(silt_red_zone)) else { return }
        start = max(top, mapping.addresses.lowerBound)
        let wanted = Int(min(UInt64(bytes.count), mapping.addresses.upperBound - start))
        count = memory.read(at: start, into: &bytes, count: wanted)
        beyond = (start + UInt64(count))..<mapping.addresses.upperBound
    }

    /// The word at an address.
    func word(at address: UInt64) -> Word {
        let offset = address &- start
        if offset < UInt64(count), offset + 8 <= UInt64(count), let word = bytes.load(UInt64.self, at: Int(offset)) {
            return .copied(word)
        }
        return beyond.contains(address) ? .beyond : .elsewhere
    }

    /// The register with this number of libunwind's.
    func register(_ number: Int32) -> UInt64? {
        // Safe: the pointer that is returned points into the struct and is read within the closure.
        unsafe withUnsafePointer(to: registers) { unsafe silt_register($0, number)?.pointee }
    }
}
