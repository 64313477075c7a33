// SPDX-License-Identifier: Apache-2.0
//
// The memory of a running process, read from outside through /proc/PID/mem and pagemap. It stops nothing and writes
// nothing. Reading a page that was never touched, or one in swap, would make it resident: who reads must ask for the state
// of pages first, and read none but resident ones.

import CHost
import Glibc

/// What the kernel says of one page.
package struct PageState: OptionSet, Sendable, Hashable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// It has memory of its own. Not the page of zeros that stands for all that were only read: the kernel tells that
    /// one apart from Linux 6.7 on.
    package static let resident = PageState(rawValue: 1)
    package static let swapped = PageState(rawValue: 2)
    /// No other process has it.
    package static let exclusive = PageState(rawValue: 4)
}

/// Where memory is read from: a process, or in tests what stands for one.
package protocol TargetMemory: ~Copyable {
    /// Bytes of a page.
    var pageSize: UInt64 { get }
    /// The states of all pages of a range of whole pages; empty if they cannot be told.
    func pages(_ range: Range<UInt64>) -> [PageState]
    /// The words from an address on; fewer if not all can be read.
    func words(at address: UInt64, count: Int) -> [UInt64]
}

extension TargetMemory where Self: ~Copyable {
    /// Pages whose states are asked for at a time: a mapping may be far larger than memory is.
    private static var pagesAtATime: UInt64 { 1 << 20 }

    /// Calls `body` with each page of a range of whole pages, and its state; with none where states cannot be told.
    package func eachPage(of range: Range<UInt64>, _ body: (_ page: UInt64, _ state: PageState) -> Void) {
        var start = range.lowerBound
        while start < range.upperBound {
            let end = start + min(range.upperBound - start, Self.pagesAtATime * pageSize)
            var page = start
            for state in pages(start..<end) {
                body(page, state)
                page += pageSize
            }
            start = end
        }
    }

    /// Of the page that begins at an address.
    package func isResident(_ page: UInt64) -> Bool {
        pages(page..<page + pageSize).first?.contains(.resident) == true
    }
}

/// The memory of one process. What it has mapped may change while it is read.
package struct ProcessMemory: TargetMemory, ~Copyable {
    package let pageSize = UInt64(getpagesize())
    private let memory: Descriptor?
    private let pagemap: Descriptor
    /// Why no word of it can be read, though its pages are told: the kernel asks for a debugger's rights there; nil: it can.
    package let unreadable: SystemError?

    /// - Throws: ``SystemError``: the process is gone, or this user may not ask for its pages.
    package init(of pid: UInt32, proc: String = "/proc") throws(SystemError) {
        pagemap = try Descriptor(opening: "\(proc)/\(pid)/pagemap")
        do throws(SystemError) {
            memory = try Descriptor(opening: "\(proc)/\(pid)/mem")
            unreadable = nil
        } catch {
            memory = nil
            unreadable = error
        }
    }

    package func words(at address: UInt64, count: Int) -> [UInt64] {
        guard count > 0, count <= 1 << 28, let bytes = try? memory?.read(at: address, count: 8 * count) else {
            return []
        }
        // Safe: as many words as there are whole ones.
        return unsafe [UInt64](unsafeUninitializedCapacity: bytes.count / 8) { words, done in
            done = bytes.count / 8
            unsafe UnsafeMutableRawBufferPointer(words).copyBytes(from: bytes[..<(8 * done)])
        }
    }

    package func pages(_ range: Range<UInt64>) -> [PageState] {
        let count = Int((range.upperBound - range.lowerBound) / pageSize)
        guard let bytes = try? pagemap.read(at: range.lowerBound / pageSize * 8, count: count * 8),
            bytes.count == count * 8
        else { return [] }
        var states = (0..<count).map { page in
            let entry = bytes.load(UInt64.self, at: 8 * page) ?? 0
            var state: PageState = []
            if entry >> 63 & 1 == 1 { state.insert(.resident) }
            if entry >> 62 & 1 == 1 { state.insert(.swapped) }
            if entry >> 56 & 1 == 1 { state.insert(.exclusive) }
            return state
        }
        for zeros in zeroPages(range) {
            for address in stride(from: zeros.lowerBound, to: zeros.upperBound, by: Int(pageSize)) {
                states[Int((address - range.lowerBound) / pageSize)].remove(.resident)
            }
        }
        return states
    }

    /// Ranges in which each page is the kernel's page of zeros; none before Linux 6.7.
    private func zeroPages(_ range: Range<UInt64>) -> [Range<UInt64>] {
        var found: [Range<UInt64>] = []
        let pages = Int((range.upperBound - range.lowerBound) / pageSize)
        var regions = [host_page_region](repeating: host_page_region(), count: min(max(pages, 1), 4096))
        var start = range.lowerBound
        while start < range.upperBound {
            var end = start
            let capacity = UInt64(regions.count)
            // Safe: the kernel writes at most as many regions as there are.
            let number = unsafe regions.withUnsafeMutableBufferPointer { buffer in
                unsafe host_scan_zero_pages(pagemap.number, start, range.upperBound, buffer.baseAddress, capacity, &end)
            }
            guard number >= 0, end > start else { return number < 0 ? [] : found }
            for region in regions.prefix(Int(number)) where region.start < region.end {
                let clamped = max(region.start, range.lowerBound)..<min(region.end, range.upperBound)
                found.append(clamped)
            }
            start = end
        }
        return found
    }
}
