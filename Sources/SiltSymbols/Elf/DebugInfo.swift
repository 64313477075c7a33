// SPDX-License-Identifier: Apache-2.0
//
// The DWARF of one object file through libdw: which functions were inlined at an address, and the lines. It must stay
// cheap for a large file of which three functions are asked for: a unit's tree is walked once, when the first address
// falls into it. Units are found by their own ranges, because many compilers write no .debug_aranges; by that table only where
// it spares unpacking them (PackedDebugInfo).
//
// Why the `unsafe` expressions are sound: every pointer and DIE belongs to the Dwarf that libdwfl opened for
// `module`. ElfModule, the only owner of a DebugInfo, ends that session only when it is itself destroyed, and nothing
// but Strings and numbers leaves this class. What is handed to libdw is a local's address for the time of the call.

import CElfutils

/// The debug information of an ``ElfModule``.
@safe
final class DebugInfo {
    /// A compilation unit.
    @safe
    private struct Unit {
        /// The DIE with the ranges and the line table.
        var die: Dwarf_Die
        /// The DIE with the functions: the same one, unless they are in a .dwo file.
        var tree: Dwarf_Die
        var functions: Functions?
    }

    /// The functions with code in a unit, and which is innermost where.
    private struct Functions {
        var nodes: [Node]
        var segments: RangeMap<Int>
    }

    /// A function, or one inlined into another.
    @safe
    private struct Node {
        var die: Dwarf_Die
        /// Index of the function it was inlined into; nil: it was not inlined.
        var caller: Int?
    }

    /// A place in the source.
    private struct Place {
        var file: String?
        var line: Int
    }

    /// The file with what several files have in common (dwz).
    struct Shared {
        /// As the debug information has it, absolute or relative to its own folder.
        var name: String
        var buildID: [UInt8]

        /// Nil: nothing is shared.
        init?(of module: DwflModule) {
            var bias: Dwarf_Addr = 0
            guard let dwarf = unsafe dwfl_module_getdwarf(module.pointer, &bias) else { return nil }
            var (name, bits): (UnsafePointer<CChar>?, UnsafeRawPointer?) = (nil, nil)
            let count = unsafe dwelf_dwarf_gnu_debugaltlink(dwarf, &name, &bits)
            guard count > 0, let name = unsafe name else { return nil }
            self.name = unsafe String(cString: name)
            buildID = unsafe Array(UnsafeRawBufferPointer(start: bits, count: Int(count)))
        }
    }

    private let module: DwflModule
    private let dwarf: DwarfSession
    private var units: [Unit] = []
    private var unitRanges = RangeMap<Int>([])
    /// Nil: the units are those that there are, found by `unitRanges`; otherwise those that were asked for.
    private var packed: PackedDebugInfo?
    /// Whether units were found that cannot be unpacked: nothing in them is believed any more.
    private var isDamaged = false
    /// Offsets of units in the file, by address, and the units at these offsets; only if `packed` is not nil.
    private var table = RangeMap<Int>([])
    private var opened: [Int: Int] = [:]
    /// Address in the file minus address in its debug information: not 0 where a file was prelinked.
    private let bias: UInt64
    private let code: Range<UInt64>
    private let folders: [String]
    /// Whether no part of it lies in further files: none split off (.dwo), none shared with others (dwz).
    private(set) var isWhole: Bool

    /// - Parameters:
    ///   - packed: made before.
    ///   - folders: where the file with the debug information lies.
    /// - Returns: nil if there is no debug information, or it shares a file with others that is here in another build: what it
    ///   names would be something else there.
    init?(module: DwflModule, code: Range<UInt64>, packed: PackedDebugInfo?, folders: [String]) {
        var bias: Dwarf_Addr = 0
        guard let dwarf = unsafe dwfl_module_getdwarf(module.pointer, &bias) else { return nil }
        self.module = module
        self.dwarf = unsafe DwarfSession(pointer: dwarf)
        self.bias = bias
        self.folders = folders
        self.code = (code.lowerBound &- bias)..<max(code.lowerBound &- bias, code.upperBound &- bias)
        var isWhole = true
        if let shared = Shared(of: module) {
            // libdw takes any file of that name.
            if let other = unsafe dwarf_getalt(dwarf) {
                guard let elf = unsafe dwarf_getelf(other), unsafe ElfHandle(pointer: elf).buildID == shared.buildID
                else { return nil }
            } else {
                isWhole = false
            }
        }
        self.isWhole = isWhole
        if let packed, unsafe dwarf_getelf(dwarf) == packed.file.pointer,
            let table = packed.table.units(within: self.code)
        {
            self.packed = packed
            self.table = table
        } else {
            if let packed, !packed.showAll() { return nil }
            readUnits()
        }
    }

    private func readUnits() {
        units = []
        var entries: [RangeMap<Int>.Entry] = []
        var ignored: Dwarf_Addr = 0
        var previous: UnsafeMutablePointer<Dwarf_Die>?
        while let next = unsafe dwfl_module_nextcu(module.pointer, previous, &ignored) {
            unsafe previous = next
            // Those without code are many: each import of a C module in Swift is one, whose functions are in a further file.
            let ranges = unsafe Self.ranges(next.pointee, within: code)
            guard !ranges.isEmpty else { continue }
            guard let tree = unsafe tree(of: next.pointee) else {
                isWhole = false
                continue
            }
            entries += ranges.map { .init(range: $0, value: units.count) }
            if unsafe tree.isElsewhere { isWhole = false }
            unsafe units.append(Unit(die: next.pointee, tree: tree.die, functions: nil))
        }
        unitRanges = RangeMap(entries)
    }

    /// The unit with the code at an address.
    private func unit(at address: UInt64) -> Int? {
        guard let packed else { return unitRanges.find(address)?.value }
        if let offset = table.find(address)?.value {
            if let unit = opened[offset] { return unit }
            if let unit = open(offset, in: packed),
                unsafe Self.ranges(unit.die, within: code).contains(where: { $0.contains(address) })
            {
                opened[offset] = units.count
                units.append(unit)
                return units.count - 1
            }
        }
        // The table does not know all.
        self.packed = nil
        isDamaged = !packed.showAll()
        if isDamaged { return nil }
        readUnits()
        return unitRanges.find(address)?.value
    }

    /// The unit at this offset in .debug_info; nil if none is there that is whole without other files.
    private func open(_ offset: Int, in packed: PackedDebugInfo) -> Unit? {
        var (next, head): (Dwarf_Off, Int) = (0, 0)
        var die = unsafe Dwarf_Die()
        guard packed.showUnit(at: offset),
            unsafe dwarf_next_unit(dwarf.pointer, Dwarf_Off(offset), &next, &head, nil, nil, nil, nil, nil, nil) == 0,
            unsafe dwarf_offdie(dwarf.pointer, Dwarf_Off(offset + head), &die) != nil,
            let tree = unsafe tree(of: die), unsafe !tree.isElsewhere
        else { return nil }
        return unsafe Unit(die: die, tree: tree.die, functions: nil)
    }

    /// The frames at an address, innermost first, with mangled names; empty where nothing is known.
    ///
    /// - Parameter symbol: the name that the linker knows, which the outermost frame gets.
    func frames(at address: UInt64, symbol: String?) -> [Frame] {
        let address = address &- bias
        guard !isDamaged, let unit = unit(at: address) else { return [] }
        let functions = functions(of: unit)
        let found = functions.segments.find(address)
        var place = self.place(of: address, within: found?.segment ?? address..<address + 1, unit: unit)
        var frames: [Frame] = []
        var next = found?.value
        while let index = next {
            let node = functions.nodes[index]
            if let packed, !packed.isWhole, unsafe Self.leadsElsewhere(node.die), !packed.showAll() {
                isDamaged = true
                return []
            }
            next = node.caller
            let name = next == nil ? symbol : nil
            unsafe frames.append(
                Frame(
                    systemName: name ?? Self.string(node.die, DW_AT_linkage_name) ?? Self.string(node.die, DW_AT_name),
                    file: place.file, line: place.line, startLine: Self.number(node.die, DW_AT_decl_line) ?? 0,
                    isInlined: next != nil))
            unsafe place = callSite(of: node.die, unit: unit)
        }
        // Assembly has lines, but no functions.
        if frames.isEmpty, let symbol {
            frames.append(Frame(systemName: symbol, file: place.file, line: place.line))
        }
        return frames
    }

    // MARK: Lines

    /// The place of an address by the line table.
    ///
    /// Compilers give line 0 to code that belongs to no line. Then the nearest line before it is taken, else after it,
    /// as long as it lies in `segment`, where the same function is innermost.
    private func place(of address: UInt64, within segment: Range<UInt64>, unit: Int) -> Place {
        var lines: OpaquePointer?
        var count = 0
        guard unsafe dwarf_getsrclines(&units[unit].die, &lines, &count) == 0, let lines = unsafe lines else {
            return Place(file: nil, line: 0)
        }
        func row(_ index: Int) -> (address: UInt64, handle: OpaquePointer)? {
            var address: Dwarf_Addr = 0
            guard index >= 0, index < count, let row = unsafe dwarf_onesrcline(lines, index),
                unsafe dwarf_lineaddr(row, &address) == 0
            else { return nil }
            return unsafe (address, row)
        }
        func ends(_ row: OpaquePointer) -> Bool {
            var flag = false
            return unsafe dwarf_lineendsequence(row, &flag) != 0 || flag
        }
        func place(_ row: OpaquePointer) -> Place {
            var line: Int32 = 0
            unsafe dwarf_lineno(row, &line)
            return Place(file: unsafe path(dwarf_linesrc(row, nil, nil), unit: unit), line: Int(max(0, line)))
        }

        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            guard let middleRow = unsafe row(middle) else { return Place(file: nil, line: 0) }
            if unsafe middleRow.address <= address { low = middle + 1 } else { high = middle }
        }
        guard let found = unsafe row(low - 1), unsafe !ends(found.handle) else { return Place(file: nil, line: 0) }
        let exact = unsafe place(found.handle)
        guard exact.line == 0 else { return exact }

        var index = low - 2
        while let before = unsafe row(index), unsafe before.address >= segment.lowerBound, unsafe !ends(before.handle) {
            let nearest = unsafe place(before.handle)
            if nearest.line != 0, nearest.file == exact.file { return nearest }
            index -= 1
        }
        index = low
        while let after = unsafe row(index), unsafe after.address < segment.upperBound, unsafe !ends(after.handle) {
            let nearest = unsafe place(after.handle)
            if nearest.line != 0, nearest.file == exact.file { return nearest }
            index += 1
        }
        return exact
    }

    /// Where an inlined function was called; nothing for one that was not inlined.
    private func callSite(of die: Dwarf_Die, unit: Int) -> Place {
        var file: String?
        var files: OpaquePointer?
        var count = 0
        if let index = unsafe Self.number(die, DW_AT_call_file),
            unsafe dwarf_getsrcfiles(&units[unit].tree, &files, &count) == 0, let files = unsafe files, index < count
        {
            file = unsafe path(dwarf_filesrc(files, index, nil, nil), unit: unit)
        }
        return Place(file: file, line: unsafe Self.number(die, DW_AT_call_line) ?? 0)
    }

    /// A source file's path, in the directory of the compilation if it is relative; nil for what Swift calls
    /// `<compiler-generated>`.
    private func path(_ text: UnsafePointer<CChar>?, unit: Int) -> String? {
        guard let path = unsafe text.map({ unsafe String(cString: $0) }), !path.hasSuffix("<compiler-generated>") else {
            return nil
        }
        guard !path.hasPrefix("/"), let directory = unsafe Self.string(units[unit].die, DW_AT_comp_dir),
            directory.hasPrefix("/")
        else { return path }
        return directory + (directory.hasSuffix("/") ? "" : "/") + path
    }

    // MARK: Functions

    /// The DIE whose children describe a unit's functions: in a .dwo file, if the unit is only the skeleton of one; nil if libdw
    /// must not open that.
    private func tree(of unit: Dwarf_Die) -> (die: Dwarf_Die, isElsewhere: Bool)? {
        var type: UInt8 = 0
        guard unsafe dwarf_cu_info(unit.cu, nil, &type, nil, nil, nil, nil, nil) == 0, Int(type) == DW_UT_skeleton
        else { return unsafe (unit, false) }
        guard unsafe !splitFiles(of: unit).contains(where: DebugFiles.blocks) else { return nil }
        var split = unsafe Dwarf_Die()
        guard unsafe dwarf_cu_info(unit.cu, nil, nil, nil, &split, nil, nil, nil) == 0 else {
            return unsafe (unit, true)
        }
        return unsafe (split.addr == nil ? unit : split, true)
    }

    /// Where libdw looks for the .dwo file of a skeleton.
    private func splitFiles(of unit: Dwarf_Die) -> [String] {
        func string(_ name: Int) -> String? {
            var die = unsafe unit
            var attribute = unsafe Dwarf_Attribute()
            // Not in the .dwo file, too.
            guard unsafe dwarf_attr(&die, UInt32(name), &attribute) != nil,
                let text = unsafe dwarf_formstring(&attribute)
            else { return nil }
            return unsafe String(cString: text)
        }
        guard let name = string(DW_AT_dwo_name) ?? string(DW_AT_GNU_dwo_name) else { return [] }
        if name.hasPrefix("/") { return [name] }
        let compiled = string(DW_AT_comp_dir) ?? ""
        let below = folders.flatMap { ["\($0)/\(name)", "\($0)/\(compiled)/\(name)"] }
        return compiled.hasPrefix("/") ? below + ["\(compiled)/\(name)"] : below
    }

    private func functions(of unit: Int) -> Functions {
        if let known = units[unit].functions { return known }
        let walked = unsafe Self.walk(units[unit].tree, within: code)
        units[unit].functions = walked
        return walked
    }

    /// Finds the functions with code below a unit's DIE.
    ///
    /// Each DIE must lie behind the one before: otherwise damaged references could make this loop endless.
    private static func walk(_ unit: Dwarf_Die, within code: Range<UInt64>) -> Functions {
        var nodes: [Node] = []
        var entries: [RangeMap<Int>.Entry] = []
        /// The next sibling at each depth, with the function around it.
        var pending: [Node] = []
        var last: Dwarf_Off = 0
        var next = unsafe Dwarf_Die()
        var die = unsafe unit
        if unsafe dwarf_child(&die, &next) == 0 { unsafe pending.append(Node(die: next, caller: nil)) }

        while let visited = pending.popLast() {
            unsafe die = visited.die
            let offset = unsafe dwarf_dieoffset(&die)
            guard offset > last, offset != .max else { continue }
            last = offset
            if unsafe dwarf_siblingof(&die, &next) == 0 {
                unsafe pending.append(Node(die: next, caller: visited.caller))
            }

            var function = visited.caller
            let tag = unsafe Int(dwarf_tag(&die))
            switch tag {
            case DW_TAG_subprogram, DW_TAG_inlined_subroutine:
                let ranges = unsafe self.ranges(die, within: code)
                if !ranges.isEmpty {
                    function = nodes.count
                    let caller = tag == DW_TAG_inlined_subroutine ? visited.caller : nil
                    entries += ranges.map { .init(range: $0, value: nodes.count) }
                    unsafe nodes.append(Node(die: die, caller: caller))
                }
            case DW_TAG_lexical_block, DW_TAG_try_block, DW_TAG_catch_block, DW_TAG_namespace, DW_TAG_module,
                DW_TAG_class_type, DW_TAG_structure_type, DW_TAG_union_type:
                break
            default:
                continue
            }
            if unsafe dwarf_child(&die, &next) == 0 { unsafe pending.append(Node(die: next, caller: function)) }
        }
        return Functions(nodes: nodes, segments: RangeMap(entries))
    }

    // MARK: Attributes

    /// The code that a DIE covers. Functions that the linker discarded still have ranges, at addresses such as 0: those
    /// are left out.
    private static func ranges(_ die: Dwarf_Die, within code: Range<UInt64>) -> [Range<UInt64>] {
        var die = unsafe die
        var ranges: [Range<UInt64>] = []
        var (base, start, end): (Dwarf_Addr, Dwarf_Addr, Dwarf_Addr) = (0, 0, 0)
        var offset = unsafe dwarf_ranges(&die, 0, &base, &start, &end)
        while offset > 0 {
            if start < end, code.contains(start), end <= code.upperBound { ranges.append(start..<end) }
            let next = unsafe dwarf_ranges(&die, offset, &base, &start, &end)
            guard next > offset || next <= 0 else { break }
            offset = next
        }
        return ranges
    }

    /// Whether what describes a function is, in part, in another unit of the same file.
    private static func leadsElsewhere(_ die: Dwarf_Die) -> Bool {
        var die = unsafe die
        var attribute = unsafe Dwarf_Attribute()
        // libdw follows no more.
        for _ in 0..<16 {
            guard
                unsafe dwarf_attr(&die, UInt32(DW_AT_abstract_origin), &attribute) != nil
                    || dwarf_attr(&die, UInt32(DW_AT_specification), &attribute) != nil
            else { return false }
            switch unsafe Int(dwarf_whatform(&attribute)) {
            case DW_FORM_ref1, DW_FORM_ref2, DW_FORM_ref4, DW_FORM_ref8, DW_FORM_ref_udata: break
            // Of the file that is shared with others, libdw sees all.
            case DW_FORM_GNU_ref_alt, DW_FORM_ref_sup4, DW_FORM_ref_sup8: return false
            default: return true
            }
            var next = unsafe Dwarf_Die()
            guard unsafe dwarf_formref_die(&attribute, &next) != nil else { return false }
            unsafe die = next
        }
        return true
    }

    private static func string(_ die: Dwarf_Die, _ name: Int) -> String? {
        var die = unsafe die
        var attribute = unsafe Dwarf_Attribute()
        guard let found = unsafe dwarf_attr_integrate(&die, UInt32(name), &attribute),
            let text = unsafe dwarf_formstring(found)
        else { return nil }
        return unsafe String(cString: text)
    }

    private static func number(_ die: Dwarf_Die, _ name: Int) -> Int? {
        var die = unsafe die
        var attribute = unsafe Dwarf_Attribute()
        var value: Dwarf_Word = 0
        guard let found = unsafe dwarf_attr_integrate(&die, UInt32(name), &attribute),
            unsafe dwarf_formudata(found, &value) == 0
        else { return nil }
        return Int(exactly: value)
    }
}
