// SPDX-License-Identifier: Apache-2.0
//
// The profile: stacks with their names and their estimated figures. A pure value, whether it came from session
// files, from a diff of two, or from another tool's pprof file. It never reads a file and never prints.

package import SiltSymbols

/// Stacks with figures.
package struct Profile: Sendable {
    /// An object file as it was loaded.
    package struct Mapping: Hashable, Sendable {
        /// Addresses of its executable segment.
        package var addresses: Range<UInt64>
        /// That segment's offset in the file.
        package var fileOffset: UInt64
        package var path: String
        /// Lower-case hexadecimal; empty if not known.
        package var buildID: String
        /// What people call it, if that is not the last part of the path: the name of a link that it was started by.
        package var startedAs = ""

        package init(addresses: Range<UInt64>, fileOffset: UInt64, path: String, buildID: String) {
            self.addresses = addresses
            self.fileOffset = fileOffset
            self.path = path
            self.buildID = buildID
        }
    }

    /// An address in a mapping, with the functions that meet there.
    package struct Location: Hashable, Sendable {
        /// Inside the call instruction.
        package var address: UInt64
        /// Index into ``Profile/mappings``; nil for code that belongs to no file.
        package var mapping: Int?
        /// Innermost inlined function first, the function that the linker knows last; empty if nothing is known.
        package var frames: [Frame]

        package init(address: UInt64, mapping: Int?, frames: [Frame]) {
            self.address = address
            self.mapping = mapping
            self.frames = frames
        }
    }

    /// One stack and block size with its figures.
    package struct Sample: Sendable {
        /// Indices into ``Profile/locations``, leaf first.
        package var locations: [Int]
        /// One for each of ``Profile/kinds``, in that order.
        package var values: [Estimate]
        /// Average bytes of the blocks; 0 if not known.
        package var blockSize: UInt64
        /// Why the stack ends early; nil: it does not.
        package var truncated: Cut?
        /// A frame was passed by its frame pointer, not by unwind information: its callers are likely, not proven.
        package var isGuessed: Bool
        /// Index into ``Profile/processes``.
        package var process: Int
        /// Of what is alive; empty if the profile does not know.
        package var ages: Ages

        package init(
            locations: [Int], values: [Estimate], blockSize: UInt64 = 0, truncated: Cut? = nil,
            isGuessed: Bool = false, process: Int = 0, ages: Ages = Ages()
        ) {
            self.locations = locations
            self.values = values
            self.blockSize = blockSize
            self.truncated = truncated
            self.isGuessed = isGuessed
            self.process = process
            self.ages = ages
        }
    }

    /// Why a stack ends before its outermost frame.
    package enum Cut: Hashable, Comparable, Sendable {
        case notRecorded
        /// Deeper than the shim records, or, of a running thread, than a sound stack can be.
        case tooDeepToRecord, tooDeepToBeSound
        case noUnwindInformation
        /// The shim does not read stack memory that it cannot trust.
        case memoryNotTrusted
        /// Of a running thread no more than so much is copied.
        case largerThanItsCopy
        /// There was little room: above the innermost frames each function stands once.
        case recursionLeftOut
        /// There was hardly room for the stack.
        case innermostFramesOnly, innermostFrameOnly, noRoomForStack
        /// In the words of a pprof file.
        case told(String)
    }

    /// What one column of figures means.
    package struct Kind: Hashable, Sendable {
        /// pprof's words: `inuse_space`.
        package var name: String
        /// `bytes` or `count`.
        package var unit: String

        package init(name: String, unit: String) {
            self.name = name
            self.unit = unit
        }

        package static let allocObjects = Kind(name: "alloc_objects", unit: "count")
        package static let allocSpace = Kind(name: "alloc_space", unit: "bytes")
        package static let inuseObjects = Kind(name: "inuse_objects", unit: "count")
        package static let inuseSpace = Kind(name: "inuse_space", unit: "bytes")
        package static let threads = Kind(name: "threads", unit: "count")
        package static let stackSpace = Kind(name: "stack_space", unit: "bytes")
        /// A heap profile's kinds in Go's order.
        package static let heap = [allocObjects, allocSpace, inuseObjects, inuseSpace]
    }

    /// Where (a part of) the profile comes from.
    package struct Process: Hashable, Sendable {
        package var name: String
        package var pid: UInt32?
        package var exe: String

        package init(name: String, pid: UInt32?, exe: String) {
            self.name = name
            self.pid = pid
            self.exe = exe
        }
    }

    package var kinds: [Kind]
    package var mappings: [Mapping]
    package var locations: [Location]
    package var samples: [Sample]
    package var processes: [Process]
    /// Mean bytes between samples; 1: exact; 0: not known.
    package var interval: UInt64
    /// Nanoseconds since 1970 of the moment the profile shows; 0: not known.
    package var time: UInt64
    /// Nanoseconds that the profile, or the diff, covers; 0: not known.
    package var duration: UInt64
    /// Whether the figures are of what happened within ``duration``, and not of what there is at ``time``.
    package var isChange: Bool
    /// What the figures of a kind may have beyond what was recorded, each row as well as the total; kinds left out: nothing.
    package var unknown: [Kind: Unknown] = [:]
    /// Kinds of which the sum of all rows is known exactly, and samples only say how it is shared out: that sum as an
    /// estimate, with the variance that it would have had by its samples.
    package var wholes: [Kind: Estimate] = [:]
    /// What was lost or could not be read; shown with every report.
    package var notes: [Note]

    package init(
        kinds: [Kind], mappings: [Mapping] = [], locations: [Location] = [], samples: [Sample] = [],
        processes: [Process] = [], interval: UInt64 = 0, time: UInt64 = 0, duration: UInt64 = 0, isChange: Bool = false,
        notes: [Note] = []
    ) {
        self.kinds = kinds
        self.mappings = mappings
        self.locations = locations
        self.samples = samples
        self.processes = processes
        self.interval = interval
        self.time = time
        self.duration = duration
        self.isChange = isChange
        self.notes = notes
    }

    /// The sum of one column of figures.
    ///
    /// - Precondition: the profile has this kind.
    package func total(kind: Kind) -> Estimate {
        let column = column(of: kind)
        return samples.reduce(.zero) { $0 + $1.values[column] }
    }

    /// The place of a column of figures among the values of each sample.
    package struct Column: Hashable, Sendable {
        let index: Int
    }

    /// - Precondition: the profile has this kind.
    package func column(of kind: Kind) -> Column {
        guard let index = kinds.firstIndex(of: kind) else { preconditionFailure("no \(kind.name) in this profile") }
        return Column(index: index)
    }
}

extension [Estimate] {
    /// The figure of a column, of values as ``Profile/Sample/values`` holds them.
    package subscript(column: Profile.Column) -> Estimate {
        get { self[column.index] }
        set { self[column.index] = newValue }
    }
}
