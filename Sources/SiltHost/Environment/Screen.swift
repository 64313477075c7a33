// SPDX-License-Identifier: Apache-2.0
//
// The whole terminal, for a view that stays: keys one by one, and a screen of its own that leaves what was there before. It must
// always give the terminal back as it was: also when it is ended by a signal, and while it is stopped by Ctrl-Z.

import Glibc

/// A key that was pressed.
package enum Key: Sendable, Hashable {
    case character(Character)
    case enter, escape, backspace, tab, up, down, pageUp, pageDown, home, end
    /// Ctrl-C, and the end of the input.
    case interrupt
    /// Ctrl-Z.
    case suspend
}

/// The terminal of this process while it shows a view.
package struct Screen: ~Copyable {
    private let before: termios
    private let signals: sigset_t
    private var pending: [UInt8] = []

    /// - Returns: nil unless standard input and standard output are a terminal.
    package init?() {
        var mode = termios()
        // Safe: the pointer lives for the call, which fills in a termios.
        guard Terminal.showsOutput, unsafe tcgetattr(STDIN_FILENO, &mode) == 0 else { return nil }
        before = mode
        var signals = sigset_t()
        // Safe: both write only to what is passed. These signals wait until they are asked for.
        unsafe sigemptyset(&signals)
        for signal in [SIGTERM, SIGHUP, SIGINT, SIGQUIT] { unsafe sigaddset(&signals, signal) }
        unsafe sigprocmask(SIG_BLOCK, &signals, nil)
        self.signals = signals
        enter()
    }

    deinit { leave() }

    private func enter() {
        var mode = before
        mode.c_lflag &= ~tcflag_t(ICANON | ECHO | ISIG | IEXTEN)
        mode.c_iflag &= ~tcflag_t(IXON | ICRNL)
        // Safe: the pointer lives for the call.
        _ = unsafe tcsetattr(STDIN_FILENO, TCSADRAIN, &mode)
        // The other screen, without a cursor and without wrapping.
        write("\u{1B}[?1049h\u{1B}[?25l\u{1B}[?7l")
    }

    private func leave() {
        write("\u{1B}[?7h\u{1B}[?25h\u{1B}[?1049l")
        var mode = before
        // Safe: as above.
        _ = unsafe tcsetattr(STDIN_FILENO, TCSADRAIN, &mode)
    }

    /// Columns and rows.
    package var size: (columns: Int, rows: Int) {
        guard let size = Terminal.size, size.columns > 0, size.rows > 0 else { return (80, 24) }
        return size
    }

    /// Shows lines from the top on; what was there goes. They must be printable and fit.
    ///
    /// - Parameter emphasized: numbers of lines that are shown in reverse.
    package func show(_ lines: [String], emphasized: Set<Int>) {
        var text = "\u{1B}[H"
        for (number, line) in lines.enumerated() {
            // Erased before it is written: behind the last column the cursor stands on what it has written.
            text += "\u{1B}[K" + (emphasized.contains(number) ? "\u{1B}[7m\(line)\u{1B}[0m" : line)
            text += number + 1 < lines.count ? "\r\n" : ""
        }
        write(text)
    }

    /// Stops this process as Ctrl-Z does, until somebody lets it go on.
    package func suspend() {
        leave()
        kill(0, SIGTSTP)
        enter()
    }

    private func write(_ text: String) { try? writeFile("-", Array(text.utf8)) }

    /// The next key; nil: there was none within that time. A signal that asks for the end counts as ``Key/interrupt``.
    package mutating func key(within time: Duration) -> Key? {
        let end = ContinuousClock.now + time
        while true {
            if let key = nextPending() { return key }
            var (signals, none) = (self.signals, timespec())
            // Safe: both are only read during the call.
            if unsafe sigtimedwait(&signals, nil, &none) > 0 { return .interrupt }
            let left = max(.zero, end - ContinuousClock.now)
            // A key that begins as an escape sequence does is one if nothing follows at once.
            let slice = pending.isEmpty ? min(left, .milliseconds(100)) : .milliseconds(30)
            var waiting = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
            // Not repeated when a signal interrupts it: this loop asks for signals, and for the time that is left.
            // Safe: the array of one lives for the call.
            let ready = unsafe poll(&waiting, 1, Int32(slice / .milliseconds(1)))
            if ready > 0 {
                guard readPending() else { return .interrupt }
            } else if !pending.isEmpty {
                pending.removeFirst()
                return .escape
            } else if left == .zero {
                return nil
            }
        }
    }

    private mutating func readPending() -> Bool {
        var buffer = [UInt8](repeating: 0, count: 256)
        // Safe: read fills in at most as many bytes as there are.
        let count = unsafe buffer.withUnsafeMutableBytes { bytes in
            retrying { unsafe read(STDIN_FILENO, bytes.baseAddress, bytes.count) }
        }
        guard count > 0 else { return false }
        pending += buffer[..<count]
        return true
    }

    private mutating func nextPending() -> Key? {
        guard let (key, length) = Key.first(in: pending) else { return nil }
        pending.removeFirst(length)
        return key
    }
}

extension Key {
    private static let sequences: [(bytes: String, key: Key)] = [
        ("[A", .up), ("[B", .down), ("OA", .up), ("OB", .down), ("[5~", .pageUp), ("[6~", .pageDown), ("[H", .home),
        ("[F", .end), ("[1~", .home), ("[4~", .end), ("OH", .home), ("OF", .end),
    ]

    /// The key that bytes from a terminal begin with, and how many bytes it takes; nil: more bytes are needed.
    static func first(in bytes: [UInt8]) -> (key: Key, length: Int)? {
        guard let first = bytes.first else { return nil }
        switch first {
        case 0x1B: return escaped(bytes)
        case 0x03: return (.interrupt, 1)
        case 0x1A: return (.suspend, 1)
        case 0x09: return (.tab, 1)
        case 0x0A, 0x0D: return (.enter, 1)
        case 0x08, 0x7F: return (.backspace, 1)
        case 0x20..<0x7F: return (.character(Character(Unicode.Scalar(first))), 1)
        case 0xC2...0xF4: break
        default: return (.character("\u{FFFD}"), 1)
        }
        let length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
        guard bytes.count >= length else { return nil }
        let text = String(decoding: bytes[..<length], as: UTF8.self)
        return (.character(text.first ?? "\u{FFFD}"), length)
    }

    private static func escaped(_ bytes: [UInt8]) -> (key: Key, length: Int)? {
        let rest = bytes.dropFirst()
        guard let second = rest.first else { return nil }
        for (sequence, key) in sequences where rest.starts(with: sequence.utf8) {
            return (key, 1 + sequence.utf8.count)
        }
        guard second == UInt8(ascii: "[") || second == UInt8(ascii: "O") else { return (.escape, 1) }
        // One that is not known ends with a byte of this range.
        guard let end = rest.dropFirst().firstIndex(where: { (0x40...0x7E).contains($0) }) else { return nil }
        return (.character("\u{FFFD}"), end + 1)
    }
}
