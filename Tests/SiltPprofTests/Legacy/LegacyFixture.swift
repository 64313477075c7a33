// SPDX-License-Identifier: Apache-2.0
//
// Heap profiles in text form as their writers made them of one small program: 20,000 blocks of 200 bytes and 200 of 40,000
// are alive, `small` and `large` have made them. Paths and the lists of mapped files are shortened.

import SiltFile
import SiltProfile
import SiltSymbols

@testable import SiltPprof

enum LegacyFixture {
    /// jemalloc 5.3, lg_prof_sample 12; it counts usable sizes, 224 and 40,960.
    static let jemalloc = """
        heap_v2/4096
          t*: 2920: 1812725 [0: 0]
          t0: 2920: 1812725 [0: 0] main thread
        @ 0x7f97a78a2630 0x56172ee29177 0x56172ee29235 0x56172ee29288
          t*: 1097: 246239 [0: 0]
          t0: 1000: 224000 [0: 0] main thread
          t1: 97: 22239 [0: 0]
        @ 0x7f97a78a2630 0x56172ee291db 0x56172ee2926a 0x56172ee29288
          t*: 200: 8192028 [0: 0]
          t0: 200: 8192028 [0: 0]
        @ 0x7f97a78a2630 0x7f97a7822ed9
          t*: 1: 81920 [0: 0]
          t0: 1: 81920 [0: 0]

        MAPPED_LIBRARIES:
        56172ee28000-56172ee29000 r--p 00000000 fe:00 16458311                   /opt/demo/service
        56172ee29000-56172ee2a000 r-xp 00001000 fe:00 16458311                   /opt/demo/service
        7f97a7809000-7f97a78af000 r-xp 00009000 fe:00 4907034                    /usr/lib/libjemalloc.so.2
        7f97a7bad000-7f97a7baf000 r-xp 00000000 00:00 0                          [vdso]
        ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]

        """

    /// gperftools 2.10 with HEAPPROFILE, which counts every block.
    static let gperftools = """
        heap profile:  20200: 12000000 [ 40200: 16000000] @ heapprofile
           200:  8000000 [   200:  8000000] @ 0x56172ee291db 0x56172ee2926a 0x56172ee29288
         20000:  4000000 [ 20000:  4000000] @ 0x56172ee29177 0x56172ee29235 0x56172ee29288
             0:        0 [ 20000:  4000000] @ 0x56172ee29177 0x56172ee291fc 0x56172ee29288

        MAPPED_LIBRARIES:
        56172ee28000-56172ee29000 r--p 00000000 00:00 16459294    /opt/demo/service
        56172ee29000-56172ee2a000 r-xp 00001000 00:00 16459294    /opt/demo/service

        """

    /// gperftools 2.10, MallocExtension::GetHeapSample: a line for each sample.
    static let gperftoolsSample = """
        heap profile:      4:   800400 [     4:   800400] @ heap_v2/65536
             1:   400000 [     1:   400000] @ 0x56172ee291db 0x56172ee2926a 0x56172ee29288
             1:      200 [     1:      200] @ 0x56172ee29177 0x56172ee29235 0x56172ee29288
             1:      200 [     1:      200] @ 0x56172ee29177 0x56172ee29235 0x56172ee29288
             1:   400000 [     1:   400000] @ 0x56172ee291db 0x56172ee2926a 0x56172ee29288

        MAPPED_LIBRARIES:
        56172ee29000-56172ee2a000 r-xp 00001000 00:00 16458444    /opt/demo/service

        """

    /// Go 1.19, debug=1, MemProfileRate 65536.
    static let go = """
        heap profile: 109: 2507264 [110: 2605568] @ heap/131072
        76: 2490368 [76: 2490368] @ 0x4b3d7d 0x4b3d7e 0x4b3e68 0x437452 0x461121
        #\t0x4b3d7c\tmain.inlined+0x13c\t/src/g.go:14
        #\t0x4b3d7d\tmain.work+0x13d\t\t/src/g.go:21
        #\t0x4b3e67\tmain.main+0x27\t\t/src/g.go:29
        #\t0x437451\truntime.main+0x211\t/usr/lib/go-1.19/src/runtime/proc.go:250

        33: 16896 [33: 16896] @ 0x4b3c08 0x4b3c85 0x4b3e68 0x437452 0x461121
        #\t0x4b3c07\tmain.small+0x27\t\t/src/g.go:12
        #\t0x4b3c84\tmain.work+0x44\t\t/src/g.go:19
        #\t0x4b3e67\tmain.main+0x27\t\t/src/g.go:29

        0: 0 [1: 98304] @ 0x4b3cc9 0x4b3e68 0x437452 0x461121
        #\t0x4b3cc8\tmain.work+0x88\t\t/src/g.go:19
        #\t0x4b3e67\tmain.main+0x27\t\t/src/g.go:29


        # runtime.MemStats
        # Alloc = 8784544

        """

    static let all = [jemalloc, gperftools, gperftoolsSample, go]

    static func profile(_ text: String, memoryLimit: Int = 1 << 30) throws -> Profile {
        try Profile(legacyHeap: Array(text.utf8), symbols: FixtureNames(), memoryLimit: memoryLimit)
    }
}

/// The functions of the fixtures' program.
final class FixtureNames: FrameSource {
    let warnings: [String] = []

    func frames(at addresses: [UInt64], in module: Module) -> [[Frame]] {
        addresses.map { address in
            switch (module.path, address &- module.bias) {
            case ("/opt/demo/service", 0x1176): [Frame(function: "small")]
            case ("/opt/demo/service", 0x11da): [Frame(function: "large")]
            case ("/opt/demo/service", 0x11fb), ("/opt/demo/service", 0x1234), ("/opt/demo/service", 0x1269):
                [Frame(function: "work")]
            case ("/opt/demo/service", 0x1287): [Frame(function: "main")]
            default: []
            }
        }
    }
}

extension Profile {
    /// Of each stack, its known functions from the leaf on and one of its figures.
    func stacks(_ kind: Kind) -> [String: Estimate] {
        let column = column(of: kind)
        return samples.reduce(into: [:]) { sums, sample in
            let names = sample.locations.flatMap { locations[$0].frames.compactMap(\.function) }
            sums[names.joined(separator: " < "), default: .zero] += sample.values[column]
        }
    }
}
