// SPDX-License-Identifier: Apache-2.0
//
// Names as compilers write them, and the names in the source that they must become.

import SiltSymbols
import TestSupport
import Testing

@Suite struct DemangleTests {
    @Test(arguments: [
        ("$s4main5CacheC6insertyySiF", "Cache.insert(_:)"), ("$s4main5CacheC6insertyySiFTm", "Cache.insert(_:)"),
        ("$sSa6appendyyxnF", "Array.append(_:)"),
        ("$s4main5CacheC6insertyySiFyyYaYbcfU_TY0_", "closure #1 in Cache.insert(_:)"),
    ])
    func swiftNamesAreShort(name: String, expected: String) {
        #expect(demangle(name) == expected)
    }

    @Test(arguments: [
        ("_ZN3foo3barEi", "foo::bar(int)"), ("_ZNSaIcED2Ev", "std::allocator<char>::~allocator()"),
        ("_Znwm", "operator new(unsigned long)"),
        ("_ZNSt6vectorIiSaIiEE9push_backERKi", "std::vector<int, std::allocator<int> >::push_back(int const&)"),
    ])
    func cxxNamesHaveTheirParameters(name: String, expected: String) {
        #expect(demangle(name) == expected)
    }

    @Test(arguments: [
        ("_ZN4shop8checkout17h0123456789abcdefE", "shop::checkout"),
        (
            "_ZN3std2rt10lang_start28_$u7b$$u7b$closure$u7d$$u7d$17h0123456789abcdefE",
            "std::rt::lang_start::{{closure}}"
        ),
        (
            "_ZN42_$LT$$RF$T$u20$as$u20$core..fmt..Debug$GT$3fmt17h0123456789abcdefE",
            "<&T as core::fmt::Debug>::fmt"
        ),
        (
            "_ZN4core3ops8function6FnOnce40call_once$u7b$$u7b$vtable.shim$u7d$$u7d$17h0123456789abcdefE",
            "core::ops::function::FnOnce::call_once{{vtable.shim}}"
        ),
        // No hash: C++.
        ("_ZN4shop8checkoutE", "shop::checkout"),
    ])
    func legacyRustNamesLoseTheirHash(name: String, expected: String) {
        #expect(demangle(name) == expected)
    }

    @Test(arguments: [
        ("_RNvC6_123foo3bar", "123foo::bar"),
        (
            "_RNvXs1i_NtCsgEmfK2I1SDS_4core3fmtRNtNtNtB8_5panic8location8LocationNtB6_7Display3fmtCsjrHSEGnQ3l9_3std",
            "<&core::panic::location::Location as core::fmt::Display>::fmt"
        ),
        (
            "_RNCNCNCNvNtCsjrHSEGnQ3l9_3std2rt19lang_start_internal00s_0B9_",
            "std::rt::lang_start_internal::{closure#0}::{closure#0}::{closure#1}"
        ),
        (
            "_RINvNtCsgEmfK2I1SDS_4core3ptr13drop_in_placeINtNtCslNYArtu3iFV_5alloc3vec3VecNtNtBL_6string6StringEE"
                + "CsjrHSEGnQ3l9_3std",
            "core::ptr::drop_in_place::<alloc::vec::Vec<alloc::string::String>>"
        ),
        (
            "_RNvXs9_NtNtCsjrHSEGnQ3l9_3std2io5implsINtNtCslNYArtu3iFV_5alloc3vec3VechENtB7_5Write17"
                + "is_write_vectoredB9_", "<alloc::vec::Vec<u8> as std::io::Write>::is_write_vectored"
        ),
        (
            "_RINvC3foo3barTlReEAhj4_FUKCuEuDNtC3foo3BarEL_E",
            "foo::bar::<(i32, &str), [u8; 4], unsafe extern \"C\" fn(()), dyn foo::Bar>"
        ),
        ("_RINvC3foo3barKb1_Kc41_Kina_KpE", "foo::bar::<true, 'A', -10, _>"),
    ])
    func rustNamesAreRead(name: String, expected: String) {
        #expect(demangle(name) == expected)
    }

    @Test(arguments: [
        "malloc", "foo.bar", "_start", "_", "$", "", "_ZN", "_R", "_RNvC", "_RNvB_3foo", "_RNvC99999999999999999999_a",
        "_RNvCu5foo_a3bar", "main",
    ])
    func otherNamesStayAsTheyAre(name: String) {
        #expect(demangle(name) == name)
    }

    @Test(arguments: [
        ("checkout.part.0", "checkout"), ("checkout.constprop.0.isra.0", "checkout"),
        ("_ZN3foo3barEi.cold", "foo::bar(int)"),
        ("_RNvC3foo3bar.llvm.1234", "foo::bar"), (".part", ".part"),
    ])
    func suffixesOfCopiesAreDropped(name: String, expected: String) {
        #expect(demangle(name) == expected)
    }

    // MARK: Names that grow

    /// `a<int, int>`, and each next one is of two of those before.
    private static func cxx(_ count: Int) -> String {
        let digits = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")
        func reference(_ number: Int) -> String {
            number == 1 ? "S0_" : number < 37 ? "S\(digits[number - 1])_" : "S1\(digits[number - 37])_"
        }
        return "_Z1f1aIiiE"
            + (1..<count).map { "1bI\(reference(2 * $0 - 1))\(reference(2 * $0 - 1))E" }.joined()
    }

    /// As the compiler writes a struct of two of those before.
    private static let swift =
        "$s1b1fyyAA1PVyADyADyADyADyADyADyADyADyADyADyADyADyADyADyADyADyADyADyADyADyS2iGAEGAFGAGGAHGAIGAJGAKGALGAMGANG"
        + "AOGAPGAQGARGASGATGAUGAVGAWGAXGAYGF"

    @Test(arguments: [cxx(20), cxx(25), swift, swift.dropLast() + String(repeating: "AZG", count: 50)])
    func aNameThatWouldBeLargerThanMemoryStaysAsItIs(name: String) {
        #expect(demangle(name) == name)
    }

    @Test(arguments: [
        "_ZNSt8_Rb_treeINSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEESt4pairIKS5_S5_ESt10_Select1stIS8_ESt4lessIS5_E"
            + "SaIS8_EE8_M_eraseEPSt13_Rb_tree_nodeIS8_E",
        "_ZNSt6vectorISt10unique_ptrIN4llvm6ModuleESt14default_deleteIS2_EESaIS5_EE17_M_realloc_insertIJS5_EEEv"
            + "N9__gnu_cxx17__normal_iteratorIPS5_S7_EEDpOT_",
        cxx(4), "$s4main5CacheC6insertyySSF",
    ]) func whatCompilersWriteIsDemangled(name: String) {
        #expect(demangle(name) != name)
    }

    /// Nothing of it may be looked at once for each of its letters.
    @Test(arguments: ["S", "ST", "A", "AA1", "Dp", "E"]) func aLongNameIsNoTrouble(part: String) {
        for start in ["_Z1f", "$s1b1f"] {
            let name = start + String(repeating: part, count: 200_000)
            #expect(demangle(name).hasPrefix(start.prefix(2)))
        }
    }

    @Test func damagedRustNamesAreSurvived() {
        let name = Array("_RINvC3foo3barTlReEAhj4_FUKCuEuDNtC3foo3BarEL_INtB2_3VechEB4_E".utf8)
        var random = SplitMix(seed: UInt64.random(in: 0...UInt64.max))
        print("damagedRustNamesAreSurvived: seed \(random.seed)")
        for _ in 0..<2000 {
            var bytes = name
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let other = name[Int.random(in: 0..<name.count, using: &random)]
                bytes[Int.random(in: 2..<name.count, using: &random)] = other
            }
            #expect(demangle(String(decoding: bytes, as: UTF8.self)).utf8.count < 1 << 18)
        }
    }

    @Test func backReferencesCannotMakeANameEndless() {
        // Each tuple has the one before twice. Positions count from behind `_R`.
        func doubled(_ times: Int) -> String {
            var name = "IC1aTuuE"
            var previous = 4
            for _ in 0..<times {
                let (high, low) = (previous - 1).quotientAndRemainder(dividingBy: 62)
                let digits = Array("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
                let reference = "B\(high > 0 ? String(digits[high]) : "")\(digits[low])_"
                previous = name.utf8.count
                name += "T\(reference)\(reference)E"
            }
            return "_R\(name)E"
        }
        #expect(demangle(doubled(1)) == "a::<((), ()), (((), ()), ((), ()))>")
        let name = doubled(40)
        #expect(demangle(name) == name)
    }
}
