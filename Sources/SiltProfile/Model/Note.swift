// SPDX-License-Identifier: Apache-2.0
//
// What a profile lacks, or what must be known to read it rightly, as values with their figures. It holds no sentence
// for a person: those are SiltReport's.

package import SiltAllocator
package import SiltFile

/// Something to be told with every report of a profile.
package enum Note: Hashable, Sendable {
    /// A note on one of several processes.
    indirect case ofProcess(UInt32, Note)
    /// A note on several of them.
    indirect case ofProcesses(Int, Note)

    /// No allocation was sampled.
    ///
    /// - Parameters:
    ///   - allocator: functions by which the executable takes memory past the shim; empty: none that is known.
    ///   - sinceFork: the process began as a copy of another, and may hold what it inherited.
    case nothingSampled(exe: String, allocator: [String], sinceFork: Bool = false)
    /// The shim could not record this.
    ///
    /// - Parameters:
    ///   - count: samples; of modules, dumps and threads, so many of these.
    ///   - bytes: estimate of what the samples stand for.
    case lost(Loss.Reason, count: UInt64, bytes: Double)
    /// So many samples have a stack that was shortened for want of room.
    case shortened(Stack.Tier, count: UInt64)
    /// So many frees did not pass through libsilt.so, as far as was noticed.
    case missedFrees(MissedFrees)
    /// Regions of a file whose checksums do not hold.
    case damagedFile(path: String, parts: [DamagedPart], recordsLeftOut: Int)
    /// Records that the reader left out since they are half written or damaged.
    case damagedRecords(Int, path: String)
    case stacksNotRead(Int, path: String)
    case damagedThreads(Int, path: String)
    /// The heap that was inherited from the parent is not in the profile.
    case heapBeganAtFork
    case threadsBeganAtFork
    case mappingsNotRecorded(path: String)
    case mappingsBeganAtFork
    /// Which mappings are counted.
    case mappedSizes
    /// Bytes that allocators among the libraries mapped for themselves, while the code that they stand with asked for memory.
    case mappedByAllocators([String], Double)
    /// Bytes of address space that may not be touched.
    case reservedSpace(Double)
    /// The interval was changed so that samples do not cost more than the ceiling.
    ///
    /// - Parameters:
    ///   - intervals: from the smallest to the largest, bytes.
    ///   - last: the one in force at the end.
    case intervalChanged(intervals: ClosedRange<UInt64>, last: UInt64, Header.Ceiling)
    /// The session had no file that outlives a kill.
    case inMemoryOnly
    /// Sizes are what was asked for, without what the allocator adds.
    case requestedSizes
    /// Only the latest dump of each process counts.
    case superseded(path: String, pid: UInt32)
    /// The ring of events reaches back so far; `isShort`: that is less than what was asked for.
    case ring(reach: Duration, isShort: Bool)

    /// The snapshot is older than the one it is compared with.
    case wrongOrder(path: String)
    case differentExecutables([String])
    /// Kinds that only one of two profiles has.
    case kindsLeftOut([String])

    case threadsStopped(longestPause: Duration)
    case threadsOmitted(ProcessStacks.Omission, Int)

    case moreInUseThanResident
    case heapsNotWalked(UnreadableHeaps)
    /// The same of a dump, which does not keep the reason.
    case dumpHasNoHeaps
    /// Functions of an allocator that the executable has besides libc's.
    case ownAllocator([String])
    /// So many forked children were looked at for what they have copied, and so many not.
    case copiesOfChildren(read: Int, unread: Int)
    /// What forked children have copied is not in the figures.
    case ownPagesOnly
    /// So many bytes of the heap were passed over, since the process went on.
    case heapsInMotion(UInt64)
    /// So many free bytes cannot be given back, since mlock holds them.
    case heapsLocked(UInt64)
    /// A dump does not say where resident memory is, but for files.
    case dumpTellsFilesOnly

    /// Nothing is known of how the figures of a pprof file were sampled.
    case noIntervals
    /// Samples of several sizes were added up before they were unsampled: objects are too few where sizes differ.
    case objectsFromAverages
    /// Files were taken by their paths alone: the profile does not say which builds they were.
    case namesWithoutBuildIDs
    /// A pprof file asks to hide these frames, and is not obeyed.
    case asksToHide(pattern: String)

    /// The lightest stacks were left out, so that a server takes the rest.
    ///
    /// - Parameters:
    ///   - stacks: of `all`.
    ///   - parts: what they hold, of all that there is.
    case leftOut(stacks: Int, of: Int, parts: [LeftOutPart])

    /// `option` is the filter's: `focus`.
    case matchesNothing(option: String, pattern: String)

    /// A function is folded into its callers since the stacks show it to be its module's allocator.
    ///
    /// - Parameters:
    ///   - function: its offset in the module, if it has no name.
    ///   - ways: to malloc that the module has.
    ///   - through: those of them that go through the function.
    ///   - callers: functions that call it.
    ///   - isByName: the stacks left it in doubt, and its name decided.
    case foldedAllocator(function: String, module: String, ways: Int, through: Int, callers: Int, isByName: Bool)
    /// Functions that are folded since they are known as allocators, containers or runtimes.
    case foldedByName([String])

    /// In the words of others: of the symbolizer, or of a pprof file's comments.
    case told(String)
}

/// How much of one kind of figures was left out.
package struct LeftOutPart: Hashable, Sendable {
    package var kind: Profile.Kind
    /// From 0 to 1.
    package var share: Double

    package init(kind: Profile.Kind, share: Double) {
        self.kind = kind
        self.share = share
    }
}

/// A part of a file whose checksum does not hold.
package struct DamagedPart: Hashable, Sendable {
    /// Nil: the header.
    package var region: String?
    package var bytes: UInt64

    package init(region: String?, bytes: UInt64) {
        self.region = region
        self.bytes = bytes
    }
}
