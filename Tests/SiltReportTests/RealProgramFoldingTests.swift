// SPDX-License-Identifier: Apache-2.0
//
// Programs of Debian 12 that no table knows, recorded under Silt and exported with every frame: what leads once
// allocators are folded, and what was found to be one.

import SiltPprof
import SiltProfile
import SiltReport
import SiltSymbols
import TestSupport
import Testing

@Suite struct RealProgramFoldingTests {
    struct Example: Sendable, CustomTestStringConvertible {
        var name: String
        /// First by bytes allocated.
        var leaders: [String]
        /// Found by their stacks.
        var allocators: Set<String>
        var testDescription: String { name }
    }

    @Test(arguments: [
        Example(
            name: "ffmpeg", leaders: ["libx264.so.164+0x223c2", "av_new_packet", "libx264.so.164+0x90aba"],
            allocators: ["av_malloc", "av_mallocz", "x264_malloc", "av_buffer_realloc", "av_strdup"]),
        Example(
            name: "perl", leaders: ["perl+0x110fc1", "Dumper.so+0x3a53", "Perl_sv_catpvn_flags"],
            allocators: [
                "Perl_safesysmalloc", "Perl_safesysrealloc", "Perl_safesyscalloc", "Perl_Slab_Alloc",
                "Perl_more_bodies", "Perl_more_sv",
            ]),
        Example(
            name: "php", leaders: ["php8.2+0x3847b0", "php8.2+0x311bdc", "php8.2+0x15d14d"],
            allocators: ["__zend_malloc", "__zend_realloc"]),
        // Stripped: its xmalloc, xrealloc and xcalloc are addresses.
        Example(
            name: "git", leaders: ["libz.so.1+0xbdc5", "inflateInit2_", "git+0x28961b"],
            allocators: ["0x289718", "0x28997a", "0x2898c5"]),
        Example(
            name: "mariadb",
            leaders: ["mariadbd+0xee984e", "ha_recover(st_hash*, st_mem_root*)", "init_pagecache"],
            allocators: ["my_malloc", "0xd6eb6b", "alloc_root", "my_multi_malloc_large", "my_multi_malloc"]),
        Example(
            name: "haproxy", leaders: ["libcrypto.so.3+0x22fb0d", "ring_new", "libcrypto.so.3+0x112582"],
            allocators: ["__pool_alloc", "CRYPTO_clear_realloc"]),
        Example(
            name: "java", leaders: ["deflateInit2_", "0x7f11f49455b9", "PhaseIFG::init(unsigned int)"],
            allocators: [
                "AllocateHeap(unsigned long, MEMFLAGS, AllocFailStrategy::AllocFailEnum)",
                "os::malloc(unsigned long, MEMFLAGS, NativeCallStack const&)",
            ]),
    ])
    func leadersAreResponsible(example: Example) throws {
        let path = (#filePath.split(separator: "/").dropLast().map { "/" + $0 }).joined() + "/RealPrograms/"
        let profile = try Profile(pprof: Workbench.read(path + example.name + ".pb.gz"))
        let rules = FrameRules()
        let folded = Folding(evidence: [profile]) { rules.origin(of: $0, module: $1 ?? "") }(profile, explains: true)
        let top = TopReport(folded, kind: .allocSpace)
        #expect(top.rows.prefix(3).map(\.name) == example.leaders)
        let found = folded.notes.compactMap { note -> String? in
            guard case .foldedAllocator(let function, _, _, _, _, _) = note else { return nil }
            return function
        }
        #expect(Set(found) == example.allocators)
    }
}
