// SPDX-License-Identifier: Apache-2.0
//
// A pattern as steps, all of which that may come next are followed at the same time (Thompson's construction): each
// character of a name is looked at once, and each step at most once for it. Nothing is ever tried again.

struct PatternProgram: Sendable {
    private enum Step: Sendable {
        case set(Int)
        case place(PatternPlace)
        case jump(Int)
        case split(Int, Int)
        case match
    }

    /// Of counted repetitions, each adds its steps once more.
    private static let mostSteps = 2000

    private var steps: [Step] = []
    private var sets: [ScalarSet] = []

    /// - Throws: ``PatternError`` if there are too many steps.
    init(_ tree: PatternTree, text: String) throws(PatternError) {
        guard compile(tree), append(.match) else {
            throw PatternError(text: text, position: nil, reason: "it is too large, with all its repetitions")
        }
    }

    /// False: there are too many steps.
    private mutating func append(_ step: Step) -> Bool {
        guard steps.count < Self.mostSteps else { return false }
        steps.append(step)
        return true
    }

    private mutating func compile(_ tree: PatternTree) -> Bool {
        switch tree {
        case .one(let set):
            sets.append(set)
            return append(.set(sets.count - 1))
        case .place(let place): return append(.place(place))
        case .sequence(let parts): return parts.allSatisfy { compile($0) }
        case .choice(let branches): return compile(choiceOf: branches)
        case .repeated(let part, let from, let to):
            for _ in 0..<from {
                let count = steps.count
                guard compile(part) else { return false }
                // Nothing, however often it is repeated.
                if steps.count == count { break }
            }
            guard let to else { return compileLoop(of: part) }
            return compileOptional(part, times: to - from)
        }
    }

    private mutating func compile(choiceOf branches: [PatternTree]) -> Bool {
        var ends: [Int] = []
        for branch in branches.dropLast() {
            let split = steps.count
            guard append(.match), compile(branch) else { return false }
            ends.append(steps.count)
            guard append(.match) else { return false }
            steps[split] = .split(split + 1, steps.count)
        }
        guard branches.last.map({ compile($0) }) ?? true else { return false }
        for end in ends { steps[end] = .jump(steps.count) }
        return true
    }

    private mutating func compileLoop(of part: PatternTree) -> Bool {
        let split = steps.count
        guard append(.match), compile(part), append(.jump(split)) else { return false }
        steps[split] = .split(split + 1, steps.count)
        return true
    }

    private mutating func compileOptional(_ part: PatternTree, times: Int) -> Bool {
        var splits: [Int] = []
        for _ in 0..<times {
            splits.append(steps.count)
            guard append(.match), compile(part) else { return false }
        }
        for split in splits { steps[split] = .split(split + 1, steps.count) }
        return true
    }
}

// MARK: Matching

extension PatternProgram {
    /// Steps that wait for the next character.
    private struct Waiting {
        private(set) var steps: [Int] = []
        private var isKnown: [Bool]
        private var known: [Int] = []

        init(capacity: Int) { isKnown = Array(repeating: false, count: capacity) }

        mutating func insert(_ step: Int) { steps.append(step) }

        /// False: the step was followed before.
        mutating func visit(_ step: Int) -> Bool {
            guard !isKnown[step] else { return false }
            isKnown[step] = true
            known.append(step)
            return true
        }

        mutating func removeAll() {
            for step in known { isKnown[step] = false }
            known.removeAll(keepingCapacity: true)
            steps.removeAll(keepingCapacity: true)
        }
    }

    /// Whether there is a match anywhere.
    func matches(_ name: String) -> Bool {
        var (now, then) = (Waiting(capacity: steps.count), Waiting(capacity: steps.count))
        var open: [Int] = []
        var rest = name.unicodeScalars.makeIterator()
        var before: Unicode.Scalar?
        var here = rest.next()
        while true {
            if follow(0, into: &now, between: before, and: here, open: &open) { return true }
            guard let scalar = here else { return false }
            before = scalar
            here = rest.next()
            for step in now.steps {
                guard case .set(let index) = steps[step], sets[index].contains(scalar) else { continue }
                if follow(step + 1, into: &then, between: before, and: here, open: &open) { return true }
            }
            now.removeAll()
            swap(&now, &then)
        }
    }

    /// Follows all steps that need no character.
    ///
    /// - Parameter open: empty before and after; kept for its memory.
    /// - Returns: whether one of them is the end of a match.
    private func follow(
        _ first: Int, into waiting: inout Waiting, between before: Unicode.Scalar?, and after: Unicode.Scalar?,
        open: inout [Int]
    ) -> Bool {
        open.append(first)
        while let step = open.popLast() {
            guard waiting.visit(step) else { continue }
            switch steps[step] {
            case .set: waiting.insert(step)
            case .place(let place): if holds(place, between: before, and: after) { open.append(step + 1) }
            case .jump(let target): open.append(target)
            case .split(let one, let other): open += [other, one]
            case .match: return true
            }
        }
        return false
    }

    private func holds(_ place: PatternPlace, between before: Unicode.Scalar?, and after: Unicode.Scalar?) -> Bool {
        switch place {
        case .start: before == nil
        case .end: after == nil
        case .wordBoundary: ScalarSet.isWord(before) != ScalarSet.isWord(after)
        case .noWordBoundary: ScalarSet.isWord(before) == ScalarSet.isWord(after)
        }
    }
}
