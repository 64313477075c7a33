// SPDX-License-Identifier: Apache-2.0
//
// Whether a name sounds like an allocator's: a hint for functions that no table knows. It decides nothing alone; what the
// stacks of a profile show of a function stands beside it.

/// What the name of a function says of whether it hands out memory to its callers.
package enum AllocatorName: Comparable, Sendable {
    /// Nothing: `parse`, `session_new`.
    case silent
    /// It allocates, perhaps an object of its own: `alloc_connection`, `__pool_alloc`, `MethodData::allocate(int)`.
    case likely
    /// It is named as a function of the C library is: `my_malloc`, `xmlMalloc`, `av_mallocz`, `safesysrealloc`.
    case plain

    /// - Parameter function: demangled.
    /// - Complexity: O(length of the name).
    package init(of function: String) {
        var words = Self.words(of: function)
        guard words.contains(where: { $0.contains("alloc") || $0.contains("dup") || $0.contains("memalign") }) else {
            self = .silent
            return
        }
        while words.count > 1, let last = words.last, Self.variants.contains(last) { words.removeLast() }
        if let last = words.last, Self.verbs.contains(where: last.hasSuffix) {
            self = .plain
        } else {
            self = words.contains { $0.contains("alloc") } ? .likely : .silent
        }
    }

    private static let verbs = [
        "malloc", "calloc", "realloc", "palloc", "zalloc", "mallocz", "callocz", "memalign", "strdup", "strndup",
        "memdup",
    ]

    /// Words that may follow the verb.
    private static let variants: Set = [
        "n", "z", "zero", "zeroed", "aligned", "array", "large", "flags", "internal", "impl", "node", "debug",
        "nothrow",
    ]

    /// The words of the function's own name in lower case, without its scope, arguments and digits: `pool`, `alloc` of
    /// `app::Pool<int>::poolAlloc2(unsigned long)`.
    private static func words(of function: String) -> [String] {
        var words: [String] = []
        var word = ""
        var depth = 0
        var previous: Character = " "
        func isWord(_ character: Character) -> Bool { character.isASCII && character.isLetter }
        scan: for character in function {
            switch character {
            case "<": depth += 1
            case ">" where depth > 0: depth -= 1
            case "(" where depth == 0 && !word.isEmpty: break scan
            case ":" where depth == 0, "." where depth == 0:
                words = []
                word = ""
            case _ where depth > 0: break
            case _ where isWord(character):
                // A capital begins a word unless it is one of several: `getXMLNode`, `NewBackingStore`.
                if character.isUppercase, previous.isLowercase, !word.isEmpty {
                    words.append(word)
                    word = ""
                }
                word += character.lowercased()
            default:
                if !word.isEmpty { words.append(word) }
                word = ""
            }
            previous = character
        }
        if !word.isEmpty { words.append(word) }
        return words
    }
}
