// SPDX-License-Identifier: Apache-2.0
//
// Integers and C structs in an array of bytes, with their bounds checked. No other file may load from raw memory or
// store to it, except what a system call fills in.

extension [UInt8] {
    /// The integer or C struct at `offset`, if all of it is there.
    @inlinable package func load<Value: BitwiseCopyable>(_ type: Value.Type, at offset: Int) -> Value? {
        guard offset >= 0, offset <= count - MemoryLayout<Value>.size else { return nil }
        // Safe: the bytes are there, alignment is not asked for, and callers ask only for types made of integers,
        // for which every bit pattern is a value.
        return unsafe withUnsafeBytes { unsafe $0.loadUnaligned(fromByteOffset: offset, as: type) }
    }

    /// Stores an integer or C struct at `offset`.
    ///
    /// - Precondition: all of it fits.
    @inlinable package mutating func store<Value: BitwiseCopyable>(_ value: Value, at offset: Int) {
        precondition(offset >= 0 && offset <= count - MemoryLayout<Value>.size)
        // Safe: the bytes are there, and alignment is not asked for.
        unsafe withUnsafeMutableBytes { unsafe $0.storeBytes(of: value, toByteOffset: offset, as: Value.self) }
    }
}
