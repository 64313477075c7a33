// SPDX-License-Identifier: Apache-2.0
//
// The profile: stacks with their names and their estimated figures. A pure value, whether it came from session
// files, from a diff of two, or from somebody else's pprof file. It never reads a file and never prints.

public import SiltSymbols

/// Stacks with figures.
public struct Profile: Sendable {
    /// An object file as it was loaded.
    public struct Mapping: Hashable, Sendable {
        /// Addresses of its executable segment.
        public var addresses: Range<UInt64>
        /// That segment's offset in the file.
        public var fileOffset: UInt64
        public var path: String
        /// Lower-case hexadecimal; empty if not known.
        public var buildID: String

        public init(addresses: Range<UInt64>, fileOffset: UInt64, path: String, buildID: String) {
            self.addresses = addresses
            self.fileOffset = fileOffset
            self.path = path
            self.buildID = buildID
        }
    }

    /// An address in a mapping, with the functions that meet there.
    public struct Location: Hashable, Sendable {
        /// Inside the call instruction.
        public var address: UInt64
        /// Index into ``Profile/mappings``; nil for code that belongs to no file.
        public var mapping: Int?
        /// Innermost inlined function first, the function that the linker knows last; empty if nothing is known.
        public var frames: [Frame]

        public init(address: UInt64, mapping: Int?, frames: [Frame]) {
            self.address = address
            self.mapping = mapping
            self.frames = frames
        }
    }

    /// One stack and block size with its figures.
    public struct Sample: Sendable {
        /// Indices into ``Profile/locations``, leaf first.
        public var locations: [Int]
        /// One for each of ``Profile/kinds``, in that order.
        public var values: [Estimate]
        /// Average bytes of the blocks; 0 if not known.
        public var blockSize: UInt64
        /// Why the stack ends early; nil: it does not.
        public var truncated: String?
        /// Index into ``Profile/processes``.
        public var process: Int
        /// Of what is alive; empty if the profile does not know.
        public var ages: Ages

        public init(
            locations: [Int], values: [Estimate], blockSize: UInt64 = 0, truncated: String? = nil, process: Int = 0,
            ages: Ages = Ages()
        ) {
            self.locations = locations
            self.values = values
            self.blockSize = blockSize
            self.truncated = truncated
            self.process = process
            self.ages = ages
        }
    }

    /// What one column of figures means.
    public struct Kind: Hashable, Sendable {
        /// pprof's words: `inuse_space`.
        public var name: String
        /// `bytes` or `count`.
        public var unit: String

        public init(name: String, unit: String) {
            self.name = name
            self.unit = unit
        }

        public static let allocObjects = Kind(name: "alloc_objects", unit: "count")
        public static let allocSpace = Kind(name: "alloc_space", unit: "bytes")
        public static let inuseObjects = Kind(name: "inuse_objects", unit: "count")
        public static let inuseSpace = Kind(name: "inuse_space", unit: "bytes")
        public static let threads = Kind(name: "threads", unit: "count")
        public static let stackSpace = Kind(name: "stack_space", unit: "bytes")
        /// A heap profile's kinds in Go's order.
        public static let heap = [allocObjects, allocSpace, inuseObjects, inuseSpace]
    }

    /// Where (a part of) the profile comes from.
    public struct Process: Hashable, Sendable {
        public var name: String
        public var pid: UInt32?
        public var exe: String

        public init(name: String, pid: UInt32?, exe: String) {
            self.name = name
            self.pid = pid
            self.exe = exe
        }
    }

    public var kinds: [Kind]
    public var mappings: [Mapping]
    public var locations: [Location]
    public var samples: [Sample]
    public var processes: [Process]
    /// Mean bytes between samples; 1: exact; 0: not known.
    public var interval: UInt64
    /// Nanoseconds since 1970 of the moment the profile shows; 0: not known.
    public var time: UInt64
    /// Nanoseconds that the profile, or the diff, covers; 0: not known.
    public var duration: UInt64
    /// What was lost or could not be read, in sentences for a person; shown with every report.
    public var notes: [String]

    public init(
        kinds: [Kind], mappings: [Mapping] = [], locations: [Location] = [], samples: [Sample] = [],
        processes: [Process] = [], interval: UInt64 = 0, time: UInt64 = 0, duration: UInt64 = 0, notes: [String] = []
    ) {
        self.kinds = kinds
        self.mappings = mappings
        self.locations = locations
        self.samples = samples
        self.processes = processes
        self.interval = interval
        self.time = time
        self.duration = duration
        self.notes = notes
    }

    /// The sum of one column of figures.
    ///
    /// - Parameter kind: index into ``kinds``.
    public func total(kind: Int) -> Estimate {
        samples.reduce(.zero) { $0 + $1.values[kind] }
    }
}
