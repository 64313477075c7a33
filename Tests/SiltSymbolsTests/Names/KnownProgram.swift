// SPDX-License-Identifier: Apache-2.0
//
// The small programs whose answers are known. Each calls `here` at marked lines; `here` prints a label and the
// address of the call in the file. The line of a mark is the one that holds `// NAME`.

import TestSupport

/// A program's source.
struct KnownProgram {
    var file: String
    var source: String

    /// The 1-based line that ends with `// mark`.
    func line(_ mark: String) -> Int {
        let lines = source.split(separator: "\n", omittingEmptySubsequences: false)
        return (lines.firstIndex { $0.hasSuffix("// \(mark)") } ?? -1) + 1
    }
}

extension KnownProgram {
    /// `here`, in a file of its own, so that every program shares it.
    static let here = KnownProgram(
        file: "here.c",
        source: """
            #include <stdio.h>
            extern char __executable_start;
            void here(int label) {
              char *pc = (char *)__builtin_return_address(0) - 1;
              printf("%d %lx\\n", label, (unsigned long)(pc - &__executable_start));
            }
            """)

    static let c = KnownProgram(
        file: "shop.c",
        source: """
            void here(int label);

            __attribute__((always_inline)) static inline void add(int *total, int value) { // ADD-START
              here(1); // ADD
              *total += value;
            }

            __attribute__((always_inline)) static inline void refill(int *total) {
              add(total, 7); // REFILL
            }

            __attribute__((noinline)) int checkout(int n) { // CHECKOUT-START
              int total = 0;
              refill(&total); // CHECKOUT
              here(2); // PLAIN
              return total + n;
            }

            int main(void) {
              return checkout(3) == 10 ? 0 : 1; // MAIN
            }
            """)

    static let cxx = KnownProgram(
        file: "shop.cpp",
        source: """
            extern "C" void here(int label);

            namespace shop {
            template <typename T> struct Cart {
              __attribute__((always_inline)) inline void add(T value) { // ADD-START
                here(1); // ADD
                total += value;
              }
              T total{};
            };

            __attribute__((always_inline)) static inline void refill(Cart<int> &cart) {
              cart.add(7); // REFILL
            }

            __attribute__((noinline)) int checkout(int n) { // CHECKOUT-START
              Cart<int> cart;
              refill(cart); // CHECKOUT
              here(2); // PLAIN
              auto later = [&cart](int label) __attribute__((noinline)) {
                here(label); // LAMBDA
                return cart.total;
              };
              return later(3) + n;
            }
            }  // namespace shop

            int main() {
              return shop::checkout(3) == 10 ? 0 : 1; // MAIN
            }
            """)

    static let swift = KnownProgram(
        file: "shop.swift",
        source: """
            @_silgen_name("here") func here(_ label: Int32)

            struct Cart {
                var total = 0
                @inline(__always) mutating func add(_ value: Int) { // ADD-START
                    here(1) // ADD
                    total += value
                }
            }

            @inline(__always) func refill(_ cart: inout Cart) {
                cart.add(7) // REFILL
            }

            @inline(never) func checkout(_ n: Int) -> Int { // CHECKOUT-START
                var cart = Cart()
                refill(&cart) // CHECKOUT
                here(2) // PLAIN
                return cart.total + n
            }

            @main struct Shop {
                static func main() {
                    print(checkout(CommandLine.arguments.count))
                }
            }
            """)
}

extension Workbench {
    /// Compiles `program` with `here`, and returns the binary and the addresses that it prints, by label.
    func build(
        _ program: KnownProgram, with compiler: [String], name: String = "shop"
    ) throws -> (path: String, addresses: [Int: UInt64]) {
        try write(KnownProgram.here.source, to: KnownProgram.here.file)
        try write(program.source, to: program.file)
        try run(["cc", "-g", "-O2", "-c", KnownProgram.here.file, "-o", "here.o"])
        try run(compiler + [program.file, "here.o", "-o", name])
        var addresses: [Int: UInt64] = [:]
        for line in try run([path(name)]).split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count == 2, let label = Int(words[0]) else { continue }
            addresses[label] = UInt64(words[1], radix: 16)
        }
        return (path(name), addresses)
    }
}
