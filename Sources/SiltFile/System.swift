// SPDX-License-Identifier: Apache-2.0
//
// The fence: every system call and every raw pointer of this module. Wrappers copy, so that no pointer leaves its
// closure, and retry EINTR; they know nothing of sessions.

import Glibc

/// The number of a failed system call.
struct SystemError: Error, Hashable {
    var number: Int32

    static var last: SystemError { SystemError(number: errno) }

    /// EPIPE of /dev/kmsg.
    var isOverrun: Bool { number == EPIPE }

    /// The system's words for it, such as `No such file or directory`.
    var text: String {
        // Safe: strerror returns a terminated string, which is copied before anyone else can ask.
        guard let words = unsafe strerror(number) else { return "error \(number)" }
        return unsafe String(cString: words)
    }
}

/// What stat(2) tells.
struct FileStatus: Hashable {
    enum Kind { case regular, directory, link, other }

    var kind: Kind
    var size: UInt64
    var uid: UInt32
    var device: UInt64
    var inode: UInt64

    fileprivate init(_ raw: stat) {
        switch raw.st_mode & S_IFMT {
        case S_IFREG: kind = .regular
        case S_IFDIR: kind = .directory
        case S_IFLNK: kind = .link
        default: kind = .other
        }
        size = UInt64(clamping: raw.st_size)
        uid = raw.st_uid
        device = UInt64(raw.st_dev)
        inode = UInt64(raw.st_ino)
    }

    /// lstat(2): a link is a link.
    init(ofPath path: String) throws(SystemError) {
        var raw = stat()
        // Safe: both pointers live for the call only, and the path is terminated.
        guard unsafe lstat(path, &raw) == 0 else { throw .last }
        self.init(raw)
    }
}

/// An open file, closed when the value goes.
struct Descriptor: ~Copyable {
    private let number: Int32

    /// Opens for reading and never waits, not even for a pipe's writer.
    init(opening path: String) throws(SystemError) {
        // Safe: the path is terminated and lives for the call.
        let opened = retrying { unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) }
        guard opened >= 0 else { throw .last }
        number = Int32(opened)
    }

    deinit { close(number) }

    func status() throws(SystemError) -> FileStatus {
        var raw = stat()
        // Safe: the pointer lives for the call.
        guard unsafe fstat(number, &raw) == 0 else { throw .last }
        return FileStatus(raw)
    }

    /// pread(2) until `count` bytes are there or the file ends.
    func read(at offset: UInt64, count: Int) throws(SystemError) -> [UInt8] {
        guard count > 0, let start = Int(exactly: offset), start <= Int.max - count else { return [] }
        var failure: SystemError?
        // Safe: pread writes at most the `count - done` bytes that the buffer has left.
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, done in
            while done < count {
                let n = retrying { [done] in
                    unsafe pread(number, buffer.baseAddress.map { unsafe $0 + done }, count - done, start + done)
                }
                if n < 0 { failure = .last }
                if n <= 0 { break }
                done += n
            }
        }
        if let failure { throw failure }
        return bytes
    }

    /// One read(2) of at most `count` bytes at the file's own position; nil: nothing to read now.
    func readNext(count: Int) throws(SystemError) -> [UInt8]? {
        var result = 0
        // Safe: read writes at most `count` bytes, the buffer's capacity.
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, done in
            result = retrying { unsafe Glibc.read(number, buffer.baseAddress, count) }
            done = max(result, 0)
        }
        if result < 0 {
            let failure = SystemError.last
            if failure.number == EAGAIN { return nil }
            throw failure
        }
        return bytes
    }
}

/// What a file holds up to its end, or up to `limit` bytes; for the files of /proc, whose sizes are not known.
func contentsOfFile(_ path: String, limit: Int = 1 << 24) throws(SystemError) -> [UInt8] {
    let file = try Descriptor(opening: path)
    var bytes: [UInt8] = []
    while bytes.count < limit, let more = try file.readNext(count: min(1 << 16, limit - bytes.count)), !more.isEmpty {
        bytes += more
    }
    return bytes
}

/// Writes a file that only its owner can read, under a temporary name first, so that nobody ever sees half of it.
func replaceFile(_ path: String, with bytes: [UInt8]) throws(SystemError) {
    let temporary = "\(path).\(getpid()).tmp"
    // Safe: the path is terminated and lives for the call.
    let number = retrying { unsafe open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600) }
    guard number >= 0 else { throw .last }
    var failure = writeAll(bytes, to: number)
    if close(number) != 0 { failure = failure ?? .last }
    // Safe: both paths are terminated and live for the call.
    if failure == nil, unsafe rename(temporary, path) != 0 { failure = .last }
    guard let failure else { return }
    // Safe: as above.
    _ = unsafe unlink(temporary)
    throw failure
}

private func writeAll(_ bytes: [UInt8], to number: Int32) -> SystemError? {
    // Safe: write reads only the bytes that are left, within the closure.
    unsafe bytes.withUnsafeBytes { buffer in
        var done = 0
        while done < buffer.count {
            let n = retrying { [done] in
                unsafe write(number, buffer.baseAddress.map { unsafe $0 + done }, buffer.count - done)
            }
            if n < 0 { return .last }
            done += n
        }
        return nil
    }
}

/// The clocks that session files use, in nanoseconds.
package enum Clock {
    package static func realtime() -> UInt64 { read(CLOCK_REALTIME) }
    package static func monotonic() -> UInt64 { read(CLOCK_MONOTONIC) }

    private static func read(_ clock: clockid_t) -> UInt64 {
        var time = timespec()
        // Safe: the pointer lives for the call, which cannot fail for these clocks.
        _ = unsafe clock_gettime(clock, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}

/// The names in a directory, sorted, without `.` and `..`.
func namesInDirectory(_ path: String) throws(SystemError) -> [String] {
    // Safe: the stream is used and closed here; each entry's name is terminated and copied at once.
    guard let stream = unsafe opendir(path) else { throw .last }
    defer { unsafe closedir(stream) }
    var names: [String] = []
    while let entry = unsafe readdir(stream) {
        let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
            unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
        }
        if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted()
}

/// Where a symbolic link points.
func targetOfLink(_ path: String) throws(SystemError) -> String {
    var length = 0
    // Safe: readlink writes at most the buffer's capacity.
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: Int(PATH_MAX)) { buffer, done in
        length = unsafe buffer.withMemoryRebound(to: CChar.self) { characters in
            guard let start = characters.baseAddress else { return 0 }
            return unsafe readlink(path, start, characters.count)
        }
        done = max(length, 0)
    }
    guard length >= 0 else { throw .last }
    return String(decoding: bytes, as: UTF8.self)
}

/// The value of an environment variable.
func environmentVariable(_ name: String) -> String? {
    // Safe: the value is copied at once, and nothing here changes the environment.
    guard let value = unsafe getenv(name) else { return nil }
    return unsafe String(cString: value)
}

private func retrying<Result: FixedWidthInteger>(_ call: () -> Result) -> Result {
    while true {
        let result = call()
        if result >= 0 || errno != EINTR { return result }
    }
}

extension [UInt8] {
    /// The integer or C struct at `offset`, if all of it is there.
    package func load<Value: BitwiseCopyable>(_ type: Value.Type, at offset: Int) -> Value? {
        guard offset >= 0, offset <= count - MemoryLayout<Value>.size else { return nil }
        // Safe: the bytes are there, alignment is not asked for, and callers ask only for types made of integers.
        return unsafe withUnsafeBytes { unsafe $0.loadUnaligned(fromByteOffset: offset, as: type) }
    }

    /// Stores an integer or C struct at `offset`.
    ///
    /// - Precondition: all of it fits.
    mutating func store<Value: BitwiseCopyable>(_ value: Value, at offset: Int) {
        precondition(offset >= 0 && offset <= count - MemoryLayout<Value>.size)
        // Safe: the bytes are there, and alignment is not asked for.
        unsafe withUnsafeMutableBytes { unsafe $0.storeBytes(of: value, toByteOffset: offset, as: Value.self) }
    }
}
