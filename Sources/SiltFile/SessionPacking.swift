// SPDX-License-Identifier: Apache-2.0
//
// From a copied session to a dump of it: the same format with nothing unused. What the reader would drop as torn goes
// along, so that a dump tells the same losses as the session it was made from.

extension SessionImage {
    /// The bytes of a dump of this session.
    ///
    /// Strings, modules, stacks and sites are copied whole, so that their ids and offsets stay valid; the live
    /// allocations and the ring keep only what is visible, the ring oldest first.
    ///
    /// - Parameter dump: when and why; its process's figures, see ``ProcessFacts``.
    public func packed(as dump: Header.Dump) -> [UInt8] {
        var packed = regions
        packed[.live] = elements((0..<count(of: .live)).filter(isVisibleLive), of: .live)
        packed[.ring] = elements(visibleEvents, of: .ring)
        return Format.pack(header: headerBytes, dump: dump, regions: packed)
    }

    /// Writes a dump of this session: to a temporary name beside `path`, which then takes its place at once.
    ///
    /// Only its owner may read it, as with the shim's own files.
    ///
    /// - Throws: ``FileError/cannotWrite(path:reason:)``.
    public func write(_ dump: Header.Dump, to path: String) throws(FileError) {
        do {
            try replaceFile(path, with: packed(as: dump))
        } catch {
            throw .cannotWrite(path: path, reason: error.text)
        }
    }

    private func isVisibleLive(_ index: Int) -> Bool {
        if case .invisible = Format.live(bytes(of: .live), at: index) { false } else { true }
    }

    private func elements(_ indices: [Int], of kind: RegionKind) -> [UInt8] {
        let bytes = bytes(of: kind)
        let size = kind.elementSize
        var result: [UInt8] = []
        result.reserveCapacity(indices.count * size)
        for index in indices { result += bytes[index * size..<(index + 1) * size] }
        return result
    }
}
