// SPDX-License-Identifier: Apache-2.0
//
// The frames that an address stands for: one for the function it lies in, and one for each function inlined there.

package import SiltFile

/// A function at a place in the source, as far as it is known.
///
/// A frame without a name is a value, not an error: the location that holds it still has module and address.
package struct Frame: Hashable, Sendable {
    /// Demangled name, such as `Cache.insert(_:)` or `std::vector<int>::push_back(int const&)`.
    package var function: String?
    /// The name as the linker knows it.
    package var systemName: String?
    /// Path of the source file as the compiler recorded it.
    package var file: String?
    /// 1-based line; 0 if not known.
    package var line: Int
    /// The line on which the function starts; 0 if not known.
    package var startLine: Int
    /// Whether the compiler had put this function into its caller.
    package var isInlined: Bool

    package init(
        function: String? = nil, systemName: String? = nil, file: String? = nil, line: Int = 0, startLine: Int = 0,
        isInlined: Bool = false
    ) {
        self.function = function
        self.systemName = systemName
        self.file = file
        self.line = line
        self.startLine = startLine
        self.isInlined = isInlined
    }
}

/// A source of names for the addresses of a module: the symbolizer, or a table in a test.
package protocol FrameSource: AnyObject {
    /// The frames at each address, innermost first; an empty array where nothing is known.
    ///
    /// - Parameter addresses: addresses as loaded (ELF virtual address plus the module's bias), in any order.
    /// - Returns: as many arrays as there are addresses, in their order.
    func frames(at addresses: [UInt64], in module: Module) -> [[Frame]]

    /// Lets it read what it will be asked for, several modules at the same time; answers are the same without.
    func prepare(_ questions: [(addresses: [UInt64], module: Module)])

    /// The module that a file is of which the code is mapped at these addresses, from this offset in the file; of its
    /// build nothing is known.
    func module(mapping addresses: Range<UInt64>, offset: UInt64, of path: String) -> Module

    /// What could not be used and why, in sentences for a person, in order of appearance; each once.
    var warnings: [String] { get }
}

extension FrameSource {
    /// Nothing is read before it is asked for.
    package func prepare(_ questions: [(addresses: [UInt64], module: Module)]) {}

    /// As if the file's addresses were its offsets, as they are in most shared objects.
    package func module(mapping addresses: Range<UInt64>, offset: UInt64, of path: String) -> Module {
        Module(
            addresses: addresses, bias: addresses.lowerBound &- offset, text: addresses, textFileOffset: offset,
            path: path, buildID: [])
    }
}
