// SPDX-License-Identifier: Apache-2.0
//
// `rss` for scripts.

import SiltAllocator
import SiltProfile

extension ResidentReport {
    /// One object with these keys, in this order, in bytes; what is not known is null. The parts add up to `resident_bytes`.
    ///
    ///     format              "silt-rss"
    ///     version             1; it rises when a key changes its meaning, not when one is added
    ///     resident_bytes      all of it
    ///     heap_in_use_bytes   with heap_in_use_interval {lower, upper} where the heap was not walked, else null
    ///     untouched_bytes     of the heap in use, not resident: in no sum
    ///     returnable_bytes    free; malloc_trim(0) would give it back
    ///     pinned_bytes        free, on pages of blocks in use
    ///     allocator_bytes     the allocator's own, and what it keeps
    ///     thread_stack_bytes, mapped_bytes (files, and anonymous memory that the program mapped), shared_bytes,
    ///     profiler_bytes, unknown_bytes
    ///     program_mapped_bytes  of mapped_bytes: anonymous, by calls that were recorded
    ///     swapped_bytes, page_table_bytes, proportional_bytes: in no sum
    ///     sampled_in_use      figure: {value, lower, upper, samples}
    ///     heap                {arenas, untrusted_bytes, thread_cache_bytes}; null: not walked
    ///     mapped_by           [{name, resident_bytes, mapped_bytes}]
    ///     pinned_by           [{name, pinned: figure, alone: figure}]; alone is null of a dump
    ///     advice, notes       [sentence]
    package func json() -> [UInt8] {
        JsonWriter.document("silt-rss", notes: memory.notes.map(\.sentence)) { json in
            func part(_ part: ResidentMemory.Part) {
                json.field(part.key) { $0.number(memory.parts[part].map { Double($0) }) }
            }
            func bytes(_ key: String, _ value: UInt64?) { json.field(key) { $0.number(value.map { Double($0) }) } }
            bytes("resident_bytes", memory.total)
            part(.heapInUse)
            json.field("heap_in_use_interval") { json in
                guard memory.heaps == nil else { return json.null() }
                json.object {
                    $0.field("lower") { $0.number(memory.inUseInterval.lower) }
                    $0.field("upper") { $0.number(memory.inUseInterval.upper) }
                }
            }
            bytes("untouched_bytes", memory.heaps?.untouched)
            part(.returnable)
            part(.pinned)
            part(.allocator)
            part(.stacks)
            let (files, mapped) = (memory.parts[.files], memory.parts[.mapped])
            bytes("mapped_bytes", files == nil && mapped == nil ? nil : (files ?? 0).addingSaturated(mapped ?? 0))
            bytes("program_mapped_bytes", mapped)
            part(.shared)
            part(.profiler)
            part(.unknown)
            bytes("swapped_bytes", memory.swapped)
            bytes("page_table_bytes", memory.pageTables)
            bytes("proportional_bytes", memory.proportional)
            json.field("sampled_in_use") {
                $0.figure(memory.inUse, in: memory.inUseInterval.lower...memory.inUseInterval.upper)
            }
            json.field("heap") { json in
                guard let heaps = memory.heaps else { return json.null() }
                json.object {
                    $0.field("arenas") { $0.number(Double(heaps.arenas)) }
                    $0.field("untrusted_bytes") { $0.number(Double(heaps.untrusted)) }
                    $0.field("thread_cache_bytes") { $0.number(Double(heaps.cached)) }
                }
            }
            json.field("mapped_by") {
                $0.array(mappers) { json, mapper in
                    json.object {
                        $0.field("name", mapper.name)
                        $0.field("resident_bytes") { $0.number(mapper.resident) }
                        $0.field("mapped_bytes") { $0.number(mapper.mapped) }
                    }
                }
            }
            json.field("pinned_by") {
                $0.array(pinners) { json, pinner in
                    json.object {
                        $0.field("name", pinner.name)
                        $0.field("pinned") { $0.figure(pinner.pinned, in: pinner.interval) }
                        $0.field("alone") { json in
                            if let alone = pinner.alone { json.figure(alone, in: nil) } else { json.null() }
                        }
                    }
                }
            }
            json.field("advice") { $0.array(advice) { $0.string($1) } }
        }
    }
}
