// SPDX-License-Identifier: Apache-2.0
//
// Known answers for what Swift allocates: objects, arrays, raw and aligned memory. Only sizes that the
// language's ABI fixes: an object is 16 bytes and its fields, an array's buffer 32 bytes and its elements.
//
//   Objects [exit|abort|kill]

import Glibc

final class Small {
    var first = 1
}

final class Large {
    var a = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    var b = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
}

final class Tail: ManagedBuffer<Int, Int> {}

/// Everything that is to live until the end, out of reach of the optimizer.
nonisolated(unsafe) var kept: [AnyObject] = []
nonisolated(unsafe) var keptArrays: [[Int]] = []
nonisolated(unsafe) var keptMemory: [UnsafeMutableRawPointer?] = []

func note(_ function: StaticString, allocated size: Int) {
    truth_allocated(UnsafeRawPointer(function.utf8Start).assumingMemoryBound(to: CChar.self), size)
}

func note(_ function: StaticString, freed size: Int) {
    truth_freed(UnsafeRawPointer(function.utf8Start).assumingMemoryBound(to: CChar.self), size)
}

@inline(never)
func makesSmallObjects() {
    for number in 0..<30 {
        let object = Small()
        note("makesSmallObjects", allocated: 24)
        if number % 3 == 0 {
            note("makesSmallObjects", freed: 24)
        } else {
            kept[number] = object
        }
    }
}

@inline(never)
func makesLargeObjects() {
    for number in 0..<20 {
        kept[100 + number] = Large()
        note("makesLargeObjects", allocated: 176)
    }
}

@inline(never)
func makesTailAllocatedObjects() {
    for number in 0..<10 {
        kept[200 + number] = Tail.create(minimumCapacity: 123) { _ in number }
        note("makesTailAllocatedObjects", allocated: 16 + 8 + 123 * 8)
    }
}

@inline(never)
func makesArrays() {
    for number in 0..<10 {
        keptArrays[number] = [Int](repeating: number, count: 211 + number)
        note("makesArrays", allocated: 32 + (211 + number) * 8)
    }
}

@inline(never)
func allocatesRawMemory() {
    for number in 0..<10 {
        let memory = UnsafeMutableRawPointer.allocate(byteCount: 3001, alignment: 8)
        note("allocatesRawMemory", allocated: 3001)
        guard number % 2 == 0 else { continue }
        memory.deallocate()
        note("allocatesRawMemory", freed: 3001)
    }
}

// Not in the shape of the function above, or the optimizer makes one of both.
@inline(never)
func allocatesAlignedMemory() {
    for place in keptMemory.indices {
        keptMemory[place] = UnsafeMutableRawPointer.allocate(byteCount: 4096, alignment: 256)
        note("allocatesAlignedMemory", allocated: 4096)
    }
    for place in keptMemory.indices.dropLast() {
        keptMemory[place]?.deallocate()
        note("allocatesAlignedMemory", freed: 4096)
    }
}

// Places for what the functions keep, and the metadata of generic types, made here so that they are in nobody's
// answer.
kept = [AnyObject](repeating: Tail.create(minimumCapacity: 1) { _ in 0 }, count: 300)
keptArrays = [[Int]](repeating: [], count: 10)
keptMemory = [UnsafeMutableRawPointer?](repeating: nil, count: 4)
makesSmallObjects()
makesLargeObjects()
makesTailAllocatedObjects()
makesArrays()
allocatesRawMemory()
allocatesAlignedMemory()
exit(truth_finish(CommandLine.argc, CommandLine.unsafeArgv))
