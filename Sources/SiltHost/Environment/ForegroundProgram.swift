// SPDX-License-Identifier: Apache-2.0
//
// A program that this process starts and waits for, as a shell would: in the same process group, so that keys of the
// terminal reach it as if this process were not there. Signals that somebody sends to this process are passed on.

import Glibc

/// A program on the terminal of this process.
package struct ForegroundProgram {
    package enum End: Sendable, Hashable {
        case exited(status: Int32), killed(signal: Int32)
        /// Somebody else has asked the kernel for it, which tells it once.
        case unseen
    }

    package let pid: UInt32
    private let passedOn: sigset_t

    /// Starts a program.
    ///
    /// From here on this process is not ended by the signals that are passed on: it is expected to wait.
    ///
    /// - Parameters:
    ///   - arguments: the first is the name that the program sees as its own.
    ///   - environment: variables that are set or changed; the others stay.
    /// - Throws: ``SystemError`` if it could not be started.
    package init(
        _ program: String, arguments: [String], environment: [(name: String, value: String)]
    ) throws(SystemError) {
        setEnvironment(environment)
        // Where it is ignored, the kernel forgets how children end.
        signal(SIGCHLD, SIG_DFL)
        var signals = sigset_t()
        var before = sigset_t()
        // Safe: all of these write only to what is passed.
        unsafe sigemptyset(&signals)
        for signal in [SIGCHLD, SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2] {
            unsafe sigaddset(&signals, signal)
        }
        unsafe sigprocmask(SIG_BLOCK, &signals, &before)
        passedOn = signals
        // Safe: the attributes and the list live for the call; the strings are freed after it.
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        unsafe posix_spawnattr_setsigmask(&attributes, &before)
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        let pointers = unsafe argumentList(arguments)
        defer { unsafe pointers.forEach { unsafe free($0) } }
        var child: pid_t = 0
        let error = unsafe posix_spawn(&child, terminatedPath(program), nil, &attributes, pointers, environ)
        guard error == 0 else {
            unsafe sigprocmask(SIG_SETMASK, &before, nil)
            throw SystemError(number: error)
        }
        pid = UInt32(child)
    }

    /// Waits for its end.
    ///
    /// What the terminal sends, the program has got itself; what a process sends to this one is passed on.
    package func wait() -> End {
        var signals = passedOn
        while true {
            var status: Int32 = 0
            // Safe: both calls write only to what is passed.
            let ended = unsafe waitpid(pid_t(pid), &status, WNOHANG)
            if ended < 0, errno == ECHILD { return .unseen }
            if ended == pid_t(pid) {
                let signal = status & 0x7f
                return signal == 0 ? .exited(status: (status >> 8) & 0xff) : .killed(signal: signal)
            }
            // Safe: the kernel fills it in, and its numbers are read.
            var information = unsafe siginfo_t()
            let signal = unsafe sigwaitinfo(&signals, &information)
            let code = unsafe information.si_code
            // SI_USER and what else a process can send is not above zero.
            if signal > 0, signal != SIGCHLD, code <= 0 { kill(pid_t(pid), signal) }
        }
    }
}

/// Ends this process as another one has ended, so that whoever waits for it sees the same; with status 1 if nobody knows.
package func endProcess(as end: ForegroundProgram.End) -> Never {
    switch end {
    case .exited(let status): exit(status)
    case .killed(let signal): endProcess(signal: signal)
    case .unseen: exit(1)
    }
}

private func endProcess(signal: Int32) -> Never {
    // One memory image is enough.
    var none = rlimit(rlim_cur: 0, rlim_max: 0)
    var signals = sigset_t()
    // Safe: all of these read or write only what is passed.
    unsafe setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
    unsafe sigemptyset(&signals)
    unsafe sigaddset(&signals, signal)
    Glibc.signal(signal, SIG_DFL)
    unsafe sigprocmask(SIG_UNBLOCK, &signals, nil)
    raise(signal)
    exit(128 + signal)
}
