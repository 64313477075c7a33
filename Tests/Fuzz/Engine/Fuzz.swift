// SPDX-License-Identifier: Apache-2.0
//
// The program that `make fuzz` runs: one target, named by FUZZ_TARGET, under libFuzzer, whose options are its arguments.
// It decides nothing: a trap, a broken promise, a hang or too much memory ends it, and libFuzzer keeps the input.
//
// Why the `unsafe` expressions are sound: libFuzzer's buffers are as large as it says and live for the call, in which they
// are copied.

import CFuzzer
import FuzzTargets
import SiltHost

/// One target for a process. Files of a run go to the folder in which it was started.
private let target = chosenTarget()

private func chosenTarget() -> FuzzTarget {
    let name = environmentVariable("FUZZ_TARGET") ?? ""
    guard let target = FuzzTarget(rawValue: name) else {
        printError("FUZZ_TARGET names none of \(FuzzTarget.allCases.map(\.rawValue).joined(separator: ", "))")
        endProcess(status: 2)
    }
    return target
}

/// libFuzzer, which has the program's main, calls it with each input.
@c(LLVMFuzzerTestOneInput)
public func run(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    let start = Clock.ownThread()
    do {
        try target.run(unsafe Array(UnsafeBufferPointer(start: bytes, count: count)), in: FuzzFolder(path: "."))
    } catch {
        fatalError("\(error)")
    }
    let took = Clock.ownThread() - start
    guard took < longest else { fatalError("took \(took / 1_000_000) ms") }
    return 0
}

/// Nanoseconds that an input may take. Of the processor's time: how busy the machine is does not matter.
private let longest: UInt64 = 1_000_000_000

/// libFuzzer's own mutations for all targets; those of session files also know what a field is, and most of them get
/// their checks repaired, without which nothing behind the checks would ever be reached.
@c(LLVMFuzzerCustomMutator)
public func mutate(_ bytes: UnsafeMutablePointer<UInt8>, _ count: Int, _ room: Int, _ seed: UInt32) -> Int {
    guard target == .session || target == .reader else { return unsafe LLVMFuzzerMutate(bytes, count, room) }
    var mutation = SessionMutation(seed: seed)
    let kind = mutation.kind
    var count = count
    if kind != .fields { unsafe count = LLVMFuzzerMutate(bytes, count, room) }
    guard kind != .plain else { return count }
    var input = unsafe Array(UnsafeBufferPointer(start: bytes, count: count))
    if kind == .fields { mutation.changeFields(of: &input) }
    input.repairSession()
    _ = unsafe UnsafeMutableBufferPointer(start: bytes, count: count).update(fromContentsOf: input)
    return count
}
