// SPDX-License-Identifier: Apache-2.0
//
// gzip through zlib: the only file that sees zlib's types. Compressed input may be hostile, and a small file may unpack
// to a huge one: every call has a limit of output bytes, and damage is an error with its offset, never a crash.

internal import CZlib

/// Why a gzip stream could not be unpacked.
package enum GzipError: Error, Hashable, Sendable {
    /// The stream is damaged at this byte of the input, or a little before it.
    case damaged(offset: Int)
    /// The input ends before the stream does.
    case truncated(offset: Int)
    /// It would unpack to more than the limit.
    case tooLarge(limit: Int)
}

enum Gzip {
    static func isGzip(_ bytes: [UInt8]) -> Bool {
        bytes.count >= 2 && bytes[0] == 0x1f && bytes[1] == 0x8b
    }

    /// One gzip member. Level 1, as Go has it: half the time of level 6 and nearly its size.
    static func pack(_ bytes: [UInt8], level: Int32 = 1) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(bytes.count / 3 + 64)
        unsafe run(bytes) {
            unsafe silt_gzip_deflate_init($0, level)
        } end: {
            unsafe deflateEnd($0)
        } body: { stream in
            var status = Z_OK
            while status == Z_OK {
                status = unsafe stream.step(into: &output, atMost: .max) { pointer, isLast in
                    unsafe deflate(pointer, isLast ? Z_FINISH : Z_NO_FLUSH)
                }
            }
            precondition(status == Z_STREAM_END, "zlib refuses to deflate memory: \(status)")
        }
        return output
    }

    /// All members of a stream, one after the other, as gzip(1) reads them.
    ///
    /// - Throws: ``GzipError``. Memory stays below `limit` plus one chunk whatever the input says.
    static func unpack(_ bytes: [UInt8], limit: Int) throws(GzipError) -> [UInt8] {
        let (output, outcome) = inflateAll(bytes, limit: limit)
        switch outcome {
        case .complete: return output
        case .full: throw .tooLarge(limit: limit)
        case .damaged(let offset): throw .damaged(offset: offset)
        case .truncated: throw .truncated(offset: bytes.count)
        }
    }

    /// The first bytes of the content, as many as there are without error up to `count`.
    static func peek(_ bytes: [UInt8], count: Int) -> [UInt8] {
        inflateAll(bytes, limit: count).output
    }

    private enum Outcome {
        case complete, full, truncated
        case damaged(offset: Int)
    }

    private static func inflateAll(_ bytes: [UInt8], limit: Int) -> (output: [UInt8], outcome: Outcome) {
        var output: [UInt8] = []
        var outcome = Outcome.complete
        unsafe run(bytes) {
            unsafe silt_gzip_inflate_init($0)
        } end: {
            unsafe inflateEnd($0)
        } body: { stream in
            while true {
                // One byte beyond the limit tells "exactly full" from "more".
                let status = unsafe stream.step(into: &output, atMost: limit + 1) { pointer, _ in
                    unsafe inflate(pointer, Z_NO_FLUSH)
                }
                let consumed = unsafe stream.consumed
                if output.count > limit {
                    output.removeLast(output.count - limit)
                    outcome = .full
                    return
                }
                switch status {
                case Z_STREAM_END:
                    guard consumed < bytes.count else { return }
                    _ = unsafe inflateReset(stream.pointer)
                case Z_OK: continue
                case Z_BUF_ERROR:
                    outcome = .truncated
                    return
                default:
                    outcome = .damaged(offset: consumed)
                    return
                }
            }
        }
        return (output, outcome)
    }

    /// A z_stream between its init and its end; zlib keeps its address, so it must not move.
    @unsafe private struct Stream {
        let pointer: UnsafeMutablePointer<z_stream>
        let total: Int
        /// Input that did not fit into the 32-bit count of `avail_in` yet.
        var pending: Int

        var consumed: Int { unsafe total - pending - Int(pointer.pointee.avail_in) }

        /// Calls `code` once with room for at most a chunk, and never lets `output` pass `atMost`; `isLast` tells that
        /// zlib has been shown all input.
        mutating func step(
            into output: inout [UInt8], atMost: Int,
            _ code: (_ stream: UnsafeMutablePointer<z_stream>, _ isLast: Bool) -> Int32
        ) -> Int32 {
            if unsafe pointer.pointee.avail_in == 0 && pending > 0 {
                let next = unsafe min(pending, 1 << 30)
                unsafe pointer.pointee.avail_in = UInt32(next)
                unsafe pending -= next
            }
            let room = min(1 << 18, atMost - output.count)
            var status = Z_OK
            let chunk = unsafe [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
                // The buffer outlives the call, and zlib writes at most avail_out bytes of it.
                unsafe pointer.pointee.next_out = buffer.baseAddress
                unsafe pointer.pointee.avail_out = UInt32(room)
                status = unsafe code(pointer, pending == 0)
                count = unsafe room - Int(pointer.pointee.avail_out)
            }
            output += chunk
            return status
        }
    }

    private static func run(
        _ bytes: [UInt8], begin: (UnsafeMutablePointer<z_stream>) -> Int32,
        end: (UnsafeMutablePointer<z_stream>) -> Int32, body: (inout Stream) -> Void
    ) {
        var storage = unsafe z_stream()
        unsafe withUnsafeMutablePointer(to: &storage) { pointer in
            unsafe bytes.withUnsafeBufferPointer { input in
                // zlib reads its input and never writes it; next_in is not const for historical reasons only.
                unsafe pointer.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
                let status = unsafe begin(pointer)
                precondition(status == Z_OK, "zlib cannot start: \(status)")
                var stream = unsafe Stream(pointer: pointer, total: bytes.count, pending: bytes.count)
                unsafe body(&stream)
                _ = unsafe end(pointer)
            }
        }
    }
}
