// SPDX-License-Identifier: Apache-2.0
//
// What a version 3 file has otherwise: modules by where they lay and when, stacks of addresses, sites without interval.
// Its epochs end here: a stack leaves with its frames in modules.

import CSiltFormat
import SiltHost

/// The stacks of a version 3 file.
struct StackList3 {
    /// A module and the epochs in which it was loaded.
    struct LoadedModule {
        var module: Module
        var epochs: ClosedRange<UInt32>
    }

    private let words: [UInt8]
    private let modules: [LoadedModule]
    /// By epoch and pc, since stacks have most of their frames in common.
    private var known: [UInt32: [UInt64: FrameAddress]] = [:]

    init(words: [UInt8], modules: [LoadedModule]) {
        self.words = words
        self.modules = modules
    }

    /// The stack with the id `id` and its hash, which its sites know; nil: there is none, or not a whole one.
    mutating func stack(_ id: UInt32) -> (stack: Stack, hash: UInt32)? {
        let offset = Int(id) * MemoryLayout<UInt64>.size
        guard id != 0, let raw = words.load(silt_stack_3.self, at: offset), Int(raw.depth) <= Format.maximumDepth,
            let end = Format.end(UInt32(raw.end))
        else { return nil }
        var pcs: [UInt64] = []
        pcs.reserveCapacity(Int(raw.depth))
        for index in 0..<Int(raw.depth) {
            let place = offset + MemoryLayout<silt_stack_3>.size + index * MemoryLayout<UInt64>.size
            guard let pc = words.load(UInt64.self, at: place) else { return nil }
            pcs.append(pc)
        }
        // Safe: the function reads the `depth` elements that the array has.
        let hash = unsafe silt_stack_hash_3(pcs, UInt32(raw.depth), UInt32(raw.end), raw.epoch)
        guard hash == raw.hash else { return nil }
        let guessed = UInt32(raw.end) & UInt32(SILT_END_GUESSED) != 0
        return (Stack(frames: pcs.map { frame($0, epoch: raw.epoch) }, end: end, guessed: guessed), hash)
    }

    private mutating func frame(_ pc: UInt64, epoch: UInt32) -> FrameAddress {
        if let frame = known[epoch]?[pc] { return frame }
        let owner = modules.firstIndex { $0.module.addresses.contains(pc) && $0.epochs.contains(epoch) }
        let place = owner.map { FrameAddress.Place.module($0, address: pc &- modules[$0].module.bias) }
        let frame = FrameAddress(place ?? .bare(pc))
        known[epoch, default: [:]][pc] = frame
        return frame
    }
}

extension Format {
    static func module3(_ bytes: [UInt8], at index: Int, strings: [UInt8]) -> Element<StackList3.LoadedModule> {
        let offset = index * MemoryLayout<silt_module_3>.size
        guard let raw = bytes.load(silt_module_3.self, at: offset), raw.published != 0 else { return .invisible }
        guard raw.published == 1, raw.start < raw.end, raw.text_start <= raw.text_end,
            raw.first_epoch <= raw.last_epoch, raw.build_id_size <= SILT_BUILD_ID_MAX,
            let path = slice(strings, at: raw.path, count: raw.path_size),
            let buildIDOffset = MemoryLayout<silt_module_3>.offset(of: \.build_id)
        else { return .torn }
        let module = Module(
            addresses: raw.start..<raw.end, bias: raw.bias, text: raw.text_start..<raw.text_end,
            textFileOffset: raw.text_offset, path: pathText(path),
            buildID: Array(bytes[(offset + buildIDOffset)...].prefix(Int(raw.build_id_size))))
        return .whole(StackList3.LoadedModule(module: module, epochs: raw.first_epoch...raw.last_epoch))
    }

    /// The hash is of the site's stack.
    static func site3(_ bytes: [UInt8], at index: Int, interval: UInt64) -> Element<(site: Site, hash: UInt32)> {
        guard let raw = bytes.load(silt_site_3.self, at: index * MemoryLayout<silt_site_3>.size), raw.stack != 0 else {
            return .invisible
        }
        guard raw.size_class <= silt_size_class(UInt64.max) else { return .torn }
        let site = Site(
            stack: raw.stack, sizeClass: raw.size_class, interval: interval, allocObjects: raw.alloc_objects,
            allocBytes: raw.alloc_bytes, freeObjects: raw.free_objects, freeBytes: raw.free_bytes)
        return .whole((site, raw.stack_hash))
    }
}
