// SPDX-License-Identifier: Apache-2.0
//
// From the copy of a thread to its stack, by libunwind's remote unwinding. Registers and stack come from the copy; only
// what never changes, code and unwind tables, may be read from the process, which runs again.
//
// Why the `unsafe` expressions are sound: libunwind calls the accessors only within `stack(of:)`, with `self` as their
// argument and pointers that live for the call. The address space is freed by deinit.

import CTrace
import SiltFile
import SiltHost

/// Unwinds copied threads of one process. Not for use from several threads at once.
@safe
final class Unwinder {
    /// Frames of a stack that are kept; a longer one is taken for an endless recursion.
    private static let maximumDepth = 1024
    /// Unwind rules that libunwind remembers.
    private static let cachedRules = 4096

    private let memory: ProcessMemory
    private let modules: [LoadedModule]
    private let code: [MemoryMapping]
    private let space: unw_addr_space_t
    private var thread = ThreadCopy()
    private var hasLeftCopy = false

    /// - Parameters:
    ///   - modules: what is loaded, by address.
    ///   - layout: all mappings, by address.
    /// - Returns: nil if there is no memory.
    init?(memory: ProcessMemory, modules: [LoadedModule], layout: [MemoryMapping]) {
        var accessors = unsafe unw_accessors_t(
            find_proc_info: { unsafe Unwinder.from($4).findProcedure($0, at: $1, $2, needsTables: $3) },
            put_unwind_info: { _, _, _ in },
            get_dyn_info_list_addr: { _, _, _ in -Int32(UNW_ENOINFO.rawValue) },
            access_mem: { _, address, value, isWrite, me in
                guard isWrite == 0, let word = unsafe Unwinder.from(me).word(at: address) else {
                    return -Int32(UNW_EINVAL.rawValue)
                }
                unsafe value?.pointee = word
                return 0
            },
            access_reg: { _, number, value, isWrite, me in
                guard isWrite == 0, let register = unsafe Unwinder.from(me).thread.register(number) else {
                    return -Int32(UNW_EBADREG.rawValue)
                }
                unsafe value?.pointee = register
                return 0
            },
            access_fpreg: { _, _, _, _, _ in -Int32(UNW_EBADREG.rawValue) },
            resume: { _, _, _ in -Int32(UNW_EINVAL.rawValue) },
            get_proc_name: { _, _, _, _, _, _ in -Int32(UNW_ENOINFO.rawValue) })
        guard let space = unsafe silt_unwind_space(&accessors, Self.cachedRules) else { return nil }
        unsafe self.space = space
        self.memory = memory
        self.modules = modules
        code = layout.filter(\.isExecutable)
    }

    deinit { unsafe silt_unwind_space_free(space) }

    /// The stack of a thread that was copied.
    func stack(of copy: ThreadCopy) -> Stack {
        thread = copy
        // The caller reuses `copy`: a second reference to its bytes would make the next write copy them all.
        defer { thread = ThreadCopy() }
        var cursor = unw_cursor_t()
        var pcs: [UInt64] = []
        hasLeftCopy = false
        let me = unsafe Unmanaged.passUnretained(self).toOpaque()
        guard unsafe silt_unwind_init(&cursor, space, me) == 0 else { return Stack(pcs: [], end: .unwind) }
        // A return address may lie behind the end of its function, so one is subtracted. Three kinds of pc are exact:
        // the leaf, the place where a signal interrupted, and the trampoline to which a signal handler returns.
        var isExact = true
        while pcs.count < Self.maximumDepth {
            var pc: unw_word_t = 0
            guard unsafe silt_unwind_pc(&cursor, &pc) == 0, pc != 0 else { return Stack(pcs: pcs) }
            // The leaf is kept even outside all code: the thread has jumped there.
            guard pcs.isEmpty || code.mapping(at: pc) != nil else { return Stack(pcs: pcs, end: .unwind) }
            let isTrampoline = unsafe silt_unwind_is_signal_frame(&cursor) > 0
            pcs.append(isExact || isTrampoline ? pc : pc - 1)
            isExact = isTrampoline
            let step = unsafe silt_unwind_step(&cursor)
            if step == 0 { return Stack(pcs: pcs) }
            if step < 0 { return Stack(pcs: pcs, end: hasLeftCopy ? .bounds : .unwind) }
        }
        return Stack(pcs: pcs, end: .depth)
    }

    // MARK: Accessors for libunwind

    private static func from(_ me: UnsafeMutableRawPointer?) -> Unwinder {
        guard let me = unsafe me else { preconditionFailure("libunwind lost its argument") }
        return unsafe Unmanaged<Unwinder>.fromOpaque(me).takeUnretainedValue()
    }

    private func word(at address: UInt64) -> UInt64? {
        switch thread.word(at: address) {
        case .copied(let word): return word
        case .beyond:
            hasLeftCopy = true
            return nil
        case .elsewhere: return memory.bytes(at: address, count: 8).load(UInt64.self, at: 0)
        }
    }

    private func findProcedure(
        _ space: unw_addr_space_t?, at pc: unw_word_t, _ procedure: UnsafeMutablePointer<unw_proc_info_t>?,
        needsTables: Int32
    ) -> Int32 {
        guard let table = modules.first(where: { $0.module.addresses.contains(pc) })?.unwindTable else {
            return -Int32(UNW_ENOINFO.rawValue)
        }
        return unsafe silt_unwind_search(
            space, pc, table.header, table.entries, table.count, procedure, needsTables,
            Unmanaged.passUnretained(self).toOpaque())
    }
}
